#include "train/adam.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/nn/utils/clip_grad.h>
#include <torch/optim.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

#include "support/test_support.h"
#include "train/adam_kernel.h"

namespace ersatz::train {
namespace {

// Parameters of awkward sizes and memory orders, and the same ones for libtorch.
std::vector<torch::Tensor> parameters() {
  torch::manual_seed(3);
  return {torch::randn({7}), torch::randn({300, 257}), torch::randn({}),
          torch::randn({8, 5, 3, 3}).contiguous(torch::MemoryFormat::ChannelsLast)};
}

std::vector<AdamParameter> named(const std::vector<torch::Tensor>& tensors) {
  std::vector<AdamParameter> result;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    result.push_back({"p" + std::to_string(i), tensors[i], true});
  }
  return result;
}

double largest_difference(const std::vector<torch::Tensor>& a,
                          const std::vector<torch::Tensor>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, (a[i] - b[i]).abs().max().item<double>());
  }
  return largest;
}

void compare_with_libtorch(const AdamOptions& options, double learning_rate, bool global_clip) {
  std::vector<torch::Tensor> ours = parameters(), theirs = parameters();
  for (torch::Tensor& tensor : theirs) tensor.set_requires_grad(true);
  Adam adam(named(ours), options);
  torch::optim::Adam reference(theirs, torch::optim::AdamOptions(learning_rate)
                                           .betas({options.beta1, options.beta2})
                                           .eps(options.epsilon)
                                           .weight_decay(options.weight_decay));
  for (int step = 0; step < 50; ++step) {
    for (std::size_t i = 0; i < ours.size(); ++i) {
      const torch::Tensor gradient = torch::randn(ours[i].sizes()) * (step % 7);
      ours[i].mutable_grad() = gradient.clone();
      theirs[i].mutable_grad() = gradient.clone();
    }
    if (global_clip) torch::nn::utils::clip_grad_norm_(theirs, options.clip_norm);
    adam.step(learning_rate);
    reference.step();
    for (const torch::Tensor& tensor : ours) ASSERT_FALSE(tensor.grad().defined());
  }
  EXPECT_LT(largest_difference(ours, theirs), 2e-6);
}

TEST(Adam, EqualsLibtorch) { compare_with_libtorch({}, 1e-3, false); }

TEST(Adam, EqualsLibtorchWithOtherSettings) {
  AdamOptions options;
  options.beta1 = 0.5;
  options.beta2 = 0.99;
  options.epsilon = 1e-6;
  options.weight_decay = 0.01;
  compare_with_libtorch(options, 3e-3, false);
}

TEST(Adam, EqualsLibtorchWithGlobalClipping) {
  AdamOptions options;
  options.clip = ClipMode::kGlobalNorm;
  options.clip_norm = 5.0;
  compare_with_libtorch(options, 1e-3, true);
}

TEST(Adam, PerTensorClippingScalesOnlyLongGradients) {
  const auto run = [](double size, ClipMode clip) {
    torch::Tensor parameter = torch::zeros({4});
    AdamOptions options;
    options.clip = clip;
    options.clip_norm = 5.0;
    Adam adam({{"p", parameter, true}}, options);
    parameter.mutable_grad() = torch::full({4}, size);
    adam.step(1.0);
    return adam.state("").at("m/p")[0].item<double>();
  };
  EXPECT_NEAR(run(1.0, ClipMode::kPerTensor), 0.1, 1e-7);    // norm 2: untouched
  EXPECT_NEAR(run(10.0, ClipMode::kPerTensor), 0.25, 1e-6);  // norm 20: scaled to 5
  EXPECT_NEAR(run(10.0, ClipMode::kNone), 1.0, 1e-6);
}

TEST(Adam, ParametersWithoutGradientOrDecayAreLeftAlone) {
  torch::Tensor idle = torch::ones({3}), exempt = torch::ones({3}), decayed = torch::ones({3});
  AdamOptions options;
  options.weight_decay = 0.1;
  Adam adam({{"idle", idle, true}, {"exempt", exempt, false}, {"decayed", decayed, true}}, options);
  exempt.mutable_grad() = torch::zeros({3});
  decayed.mutable_grad() = torch::zeros({3});
  adam.step(0.01);
  EXPECT_TRUE(torch::equal(idle, torch::ones({3})));
  EXPECT_TRUE(torch::equal(exempt, torch::ones({3})));
  EXPECT_LT(decayed.max().item<float>(), 1.0F);
}

TEST(Adam, ResultDoesNotDependOnThreads) {
  const auto run = [](int threads) {
    at::set_num_threads(threads);
    std::vector<torch::Tensor> tensors = parameters();
    AdamOptions options;
    options.clip = ClipMode::kGlobalNorm;
    options.clip_norm = 1.0;
    Adam adam(named(tensors), options);
    torch::manual_seed(1);
    for (int step = 0; step < 3; ++step) {
      for (torch::Tensor& tensor : tensors) {
        tensor.mutable_grad() = torch::randn(tensor.sizes());
      }
      adam.step(1e-2);
    }
    return tensors;
  };
  EXPECT_EQ(largest_difference(run(1), run(2)), 0.0);
}

TEST(Adam, StateRestores) {
  const auto gradients = [](std::vector<torch::Tensor>& tensors, int step) {
    torch::manual_seed(static_cast<std::uint64_t>(step));
    for (torch::Tensor& tensor : tensors) tensor.mutable_grad() = torch::randn(tensor.sizes());
  };
  std::vector<torch::Tensor> tensors = parameters();
  Adam adam(named(tensors), {});
  for (int step = 0; step < 3; ++step) {
    gradients(tensors, step);
    adam.step(1e-2);
  }
  const models::NamedTensors state = adam.state("adam/");
  std::vector<torch::Tensor> copies;
  for (const torch::Tensor& tensor : tensors) copies.push_back(tensor.clone());
  Adam restored(named(copies), {});
  restored.load_state(state, "adam/", 3, "file");
  gradients(tensors, 3);
  gradients(copies, 3);
  adam.step(1e-2);
  restored.step(1e-2);
  EXPECT_EQ(largest_difference(tensors, copies), 0.0);

  models::NamedTensors broken = state;
  broken.erase("adam/v/p1");
  EXPECT_ERSATZ_ERROR(restored.load_state(broken, "adam/", 3, "file"),
                      core::ExitCode::kUntrustedData, "adam/v/p1");
}

TEST(AdamKernel, SumOfSquares) {
  std::vector<float> values;
  double expected = 0;
  for (int i = 0; i < 1003; ++i) {
    values.push_back(0.1F * static_cast<float>(i % 17) - 0.5F);
    expected += static_cast<double>(values.back()) * static_cast<double>(values.back());
  }
  EXPECT_NEAR(sum_of_squares(values.data(), 1003), expected, 1e-9);
}

// OneCycleLR changes the betas of the optimiser's parameter groups before every step.
TEST(Adam, ACycledBeta1EqualsLibtorch) {
  std::vector<torch::Tensor> ours = parameters(), theirs = parameters();
  for (torch::Tensor& tensor : theirs) tensor.set_requires_grad(true);
  Adam adam(named(ours), {});
  torch::optim::Adam reference(theirs, torch::optim::AdamOptions(3e-3));
  for (int step = 0; step < 30; ++step) {
    const double beta1 = 0.85 + 0.1 * std::abs(std::sin(step));
    for (std::size_t i = 0; i < ours.size(); ++i) {
      const torch::Tensor gradient = torch::randn(ours[i].sizes());
      ours[i].mutable_grad() = gradient.clone();
      theirs[i].mutable_grad() = gradient.clone();
    }
    adam.step(3e-3, beta1);
    static_cast<torch::optim::AdamOptions&>(reference.param_groups()[0].options())
        .betas({beta1, 0.999});
    reference.step();
  }
  EXPECT_LT(largest_difference(ours, theirs), 2e-6);
}

}  // namespace
}  // namespace ersatz::train
