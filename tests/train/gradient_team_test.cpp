#include "train/gradient_team.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <thread>

#include "core/error.h"
#include "support/test_support.h"

namespace ersatz::train {
namespace {

std::vector<torch::Tensor> leaves(std::int64_t count, std::int64_t width) {
  std::vector<torch::Tensor> result;
  for (std::int64_t i = 0; i < count; ++i) {
    result.push_back(torch::ones({width}).requires_grad_(true));
  }
  return result;
}

TEST(GradientTeam, AddsTheGradientsOfAllCopiesToTheFirst) {
  const std::vector<std::vector<torch::Tensor>> all = {leaves(4, 3), leaves(4, 3), leaves(4, 3)};
  GradientTeam team(all);
  EXPECT_EQ(team.size(), 3);
  for (int round = 0; round < 3; ++round) {
    team.run([&](std::int64_t copy) {
      const auto& own = all[static_cast<std::size_t>(copy)];
      // Parameter 2 takes part in the last copy only, parameter 3 nowhere.
      torch::Tensor loss = own[0].sum() * static_cast<double>(copy + 1) + own[1].square().sum();
      if (copy == 2) loss = loss + own[2].sum();
      loss.backward();
    });
    EXPECT_TRUE(torch::equal(all[0][0].grad(), torch::full({3}, 6.0)));
    EXPECT_TRUE(torch::equal(all[0][1].grad(), torch::full({3}, 6.0)));
    EXPECT_TRUE(torch::equal(all[0][2].grad(), torch::ones({3})));
    EXPECT_FALSE(all[0][3].grad().defined());
    for (std::size_t copy : {1U, 2U}) {
      for (const torch::Tensor& parameter : all[copy]) EXPECT_FALSE(parameter.grad().defined());
    }
    for (const torch::Tensor& parameter : all[0]) {
      torch::Tensor own = parameter;
      own.mutable_grad() = torch::Tensor();
    }
  }
}

TEST(GradientTeam, OneCopyWorksInTheCallingThread) {
  const auto only = leaves(1, 2);
  GradientTeam team({only});
  const auto here = std::this_thread::get_id();
  team.run([&](std::int64_t) {
    EXPECT_EQ(std::this_thread::get_id(), here);
    only[0].sum().backward();
  });
  EXPECT_TRUE(torch::equal(only[0].grad(), torch::ones({2})));
}

TEST(ShareParameters, UpdatesAreSeenByBothAndGradientsAreNot) {
  torch::nn::Linear original(3, 2), copy(3, 2), other(4, 2);
  share_parameters(*original, *copy);
  {
    const torch::NoGradGuard no_grad;
    original->weight.fill_(2);
  }
  EXPECT_TRUE(torch::equal(copy->weight, torch::full({2, 3}, 2.0)));
  EXPECT_TRUE(copy->weight.requires_grad());
  copy(torch::ones({1, 3})).sum().backward();
  EXPECT_TRUE(copy->weight.grad().defined());
  EXPECT_FALSE(original->weight.grad().defined());
  EXPECT_ERSATZ_ERROR(share_parameters(*original, *other), core::ExitCode::kInternal, "sizes");
}

}  // namespace
}  // namespace ersatz::train
