#include "train/ema.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <limits>

#include "support/test_support.h"

namespace ersatz::train {
namespace {

using models::NamedTensors;

TEST(EmaDecay, GrowsAsDiffusersDoes) {
  // EMAModel.get_decay of diffusers 0.21, evaluated by hand.
  const EmaOptions plain;
  EXPECT_DOUBLE_EQ(ema_decay(plain, 1), 0.0);
  EXPECT_DOUBLE_EQ(ema_decay(plain, 2), 2.0 / 11.0);
  EXPECT_DOUBLE_EQ(ema_decay(plain, 100), 100.0 / 109.0);
  EXPECT_DOUBLE_EQ(ema_decay(plain, 1000000), 0.9999);

  EmaOptions power;
  power.power_warmup = true;
  EXPECT_DOUBLE_EQ(ema_decay(power, 1), 0.0);
  EXPECT_DOUBLE_EQ(ema_decay(power, 8), 0.75);  // 1 - 8^(-2/3)
  power.inverse_gamma = 7;
  power.power = 1;
  EXPECT_DOUBLE_EQ(ema_decay(power, 8), 0.5);  // 1 - (1 + 7 / 7)^-1

  EmaOptions late;
  late.update_after_step = 10;
  late.least_decay = 0.4;
  EXPECT_DOUBLE_EQ(ema_decay(late, 11), 0.0);
  EXPECT_DOUBLE_EQ(ema_decay(late, 12), 0.4);
}

TEST(Ema, EqualsTheWeightedSumOfAllParameters) {
  EmaOptions options;
  options.decay = 0.8;
  torch::Tensor parameter = torch::zeros({2, 3});
  Ema ema({{"p", parameter}}, options);
  torch::manual_seed(5);
  std::vector<torch::Tensor> history;
  for (int step = 1; step <= 60; ++step) {
    history.push_back(torch::randn({2, 3}, torch::kFloat64));
    parameter.copy_(history.back());
    ema.update();
  }
  // average_n = sum_k (1 - d_k) p_k d_(k+1) ... d_n
  torch::Tensor expected = torch::zeros({2, 3}, torch::kFloat64);
  double weight_of_later = 1, weights = 0;
  for (int k = 60; k >= 1; --k) {
    const double d = ema_decay(options, k);
    expected += history[static_cast<std::size_t>(k - 1)] * ((1 - d) * weight_of_later);
    weights += (1 - d) * weight_of_later;
    weight_of_later *= d;
  }
  EXPECT_NEAR(weights, 1.0, 1e-12);  // the first update has decay 0: nothing of the start is left
  EXPECT_LT((ema.averages().at("p") - expected).abs().max().item<double>(), 1e-6);
  EXPECT_EQ(ema.updates(), 60);
}

TEST(Ema, FirstUpdateCopies) {
  torch::Tensor parameter = torch::ones({3});
  Ema ema({{"p", parameter}}, {});
  parameter.fill_(7);
  EXPECT_TRUE(torch::equal(ema.averages().at("p"), torch::ones({3})));
  ema.update();
  EXPECT_TRUE(torch::equal(ema.averages().at("p"), parameter));
}

TEST(Ema, ContinuesFromItsStateBitForBit) {
  const auto step = [](torch::Tensor& parameter, Ema& ema, int number) {
    torch::manual_seed(static_cast<std::uint64_t>(number));
    parameter.add_(torch::randn({40}));
    ema.update();
  };
  torch::Tensor whole = torch::zeros({40});
  Ema uninterrupted({{"p", whole}}, {});
  for (int i = 0; i < 20; ++i) step(whole, uninterrupted, i);

  torch::Tensor parts = torch::zeros({40});
  NamedTensors saved;
  {
    Ema ema({{"p", parts}}, {});
    for (int i = 0; i < 7; ++i) step(parts, ema, i);
    saved = ema.state("ema/");
  }
  Ema resumed({{"p", parts}}, {});
  resumed.load_state(saved, "ema/", 7, "checkpoint");
  for (int i = 7; i < 20; ++i) step(parts, resumed, i);
  EXPECT_TRUE(torch::equal(uninterrupted.averages().at("p"), resumed.averages().at("p")));
}

TEST(Ema, StateIsACopy) {
  torch::Tensor parameter = torch::zeros({3});
  Ema ema({{"p", parameter}}, {});
  const NamedTensors saved = ema.state("ema/");
  parameter.fill_(1);
  ema.update();
  EXPECT_TRUE(torch::equal(saved.at("ema/p"), torch::zeros({3})));
}

TEST(Ema, RefusesAnotherState) {
  torch::Tensor parameter = torch::zeros({3});
  Ema ema({{"p", parameter}}, {});
  EXPECT_ERSATZ_ERROR(ema.load_state({}, "ema/", 1, "file"), core::ExitCode::kUntrustedData,
                      "ema/p");
  EXPECT_ERSATZ_ERROR(ema.load_state({{"ema/p", torch::zeros({4})}}, "ema/", 1, "file"),
                      core::ExitCode::kUntrustedData, "ema/p");
}

TEST(Ema, RefusesADecayOutsideItsRange) {
  EmaOptions options;
  options.decay = 1.5;
  EXPECT_ERSATZ_ERROR(Ema({}, options), core::ExitCode::kUsage, "1.5");
  options.decay = std::numeric_limits<double>::quiet_NaN();
  EXPECT_ERSATZ_ERROR(Ema({}, options), core::ExitCode::kUsage, "nan");
}

TEST(Ema, NarrowParametersAreAveragedInFloat) {
  torch::Tensor parameter = torch::zeros({1}, torch::kBFloat16);
  EmaOptions options;
  options.decay = 0.999;
  options.least_decay = 0.999;
  Ema ema({{"p", parameter}}, options);
  ema.update();
  parameter.fill_(1);
  for (int i = 0; i < 100; ++i) ema.update();
  EXPECT_EQ(ema.averages().at("p").scalar_type(), torch::kFloat32);
  EXPECT_NEAR(ema.averages().at("p").item<double>(), 1 - std::pow(0.999, 100), 1e-5);
}

TEST(AveragedWeights, AreTheNetworksWhileItLives) {
  torch::nn::Linear layer(4, 2);
  Ema ema(live_parameters(*layer), {});
  {
    const torch::NoGradGuard no_grad;
    for (torch::Tensor& parameter : layer->parameters()) parameter.add_(1.0F / 3.0F);
  }
  const torch::Tensor own = layer->weight.detach().clone();
  ASSERT_FALSE(torch::equal(own, ema.averages().at("weight")));
  {
    const AveragedWeights averaged(ema);
    EXPECT_TRUE(torch::equal(layer->weight, ema.averages().at("weight")));
    EXPECT_TRUE(layer->weight.requires_grad());
  }
  EXPECT_TRUE(torch::equal(layer->weight, own));
}

}  // namespace
}  // namespace ersatz::train
