#include "train/detection/detector_optimiser.h"

#include <gtest/gtest.h>
#include <torch/nn/module.h>
#include <torch/optim/sgd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "support/test_support.h"
#include "train/ema.h"

namespace ersatz::train {
namespace {

DetectorTraining sgd_training() {
  DetectorTraining training;
  training.optimiser = DetectorOptimiser::kSgd;
  training.epochs = 10;
  return training;
}

TEST(DetectorRates, WarmUpAndLineByHand) {
  DetectorTraining training = sgd_training();
  training.warmup_epochs = 2;
  const std::int64_t per_epoch = 100;
  DetectorRates rates = detector_rates(training, 0, per_epoch);
  EXPECT_EQ(rates.rate, 0);
  EXPECT_DOUBLE_EQ(rates.bias_rate, 0.1);
  EXPECT_DOUBLE_EQ(rates.momentum, 0.8);
  // Half of the warm-up, second epoch: the line is at 1 - 0.99 / 10.
  const double line = 0.01 * (1 - 0.99 / 10);
  rates = detector_rates(training, 100, per_epoch);
  EXPECT_DOUBLE_EQ(rates.rate, line / 2);
  EXPECT_DOUBLE_EQ(rates.bias_rate, (0.1 + line) / 2);
  EXPECT_DOUBLE_EQ(rates.momentum, (0.8 + 0.937) / 2);
  EXPECT_NEAR(detector_rates(training, 999, per_epoch).rate, 0.01 * (0.01 + 0.99 / 10), 1e-12);
  training.cosine = true;
  EXPECT_NEAR(detector_rates(training, 500, per_epoch).rate, 0.01 * (0.01 + 0.99 / 2), 1e-12);
}

TEST(DetectorOptimiser, AutoDecidesByTheNumberOfUpdates) {
  DetectorTraining training;
  EXPECT_EQ(with_optimiser(training, 10'001, 1).optimiser, DetectorOptimiser::kSgd);
  const DetectorTraining few = with_optimiser(training, 10'000, 1);
  EXPECT_EQ(few.optimiser, DetectorOptimiser::kAdamW);
  EXPECT_DOUBLE_EQ(few.learning_rate, 0.002);
  EXPECT_DOUBLE_EQ(with_optimiser(training, 10, 80).learning_rate, 0.000119);
  EXPECT_EQ(with_optimiser(sgd_training(), 10, 1).optimiser, DetectorOptimiser::kSgd);
}

class TwoTensors : public torch::nn::Module {
 public:
  TwoTensors() {
    weight = register_parameter("weight", torch::tensor({{1.0F, -2.0F}, {0.5F, 3.0F}}));
    bias = register_parameter("bias", torch::tensor({0.25F, -0.75F}));
  }
  torch::Tensor weight, bias;
};

TEST(Sgd, EqualsLibtorch) {
  TwoTensors ours, theirs;
  Sgd sgd({{"weight", ours.weight, true, false}, {"bias", ours.bias, false, true}}, 0.01);
  using Group = torch::optim::OptimizerParamGroup;
  const auto options = [](double rate, double decay) {
    return std::make_unique<torch::optim::SGDOptions>(
        torch::optim::SGDOptions(rate).momentum(0.9).nesterov(true).weight_decay(decay));
  };
  std::vector<Group> groups;
  groups.emplace_back(std::vector<torch::Tensor>{theirs.weight}, options(0.1, 0.01));
  groups.emplace_back(std::vector<torch::Tensor>{theirs.bias}, options(0.3, 0));
  torch::optim::SGD reference(groups, torch::optim::SGDOptions(0.1));
  torch::manual_seed(1);
  for (int step = 0; step < 5; ++step) {
    const torch::Tensor a = torch::randn({2, 2}), b = torch::randn({2});
    ours.weight.mutable_grad() = a.clone();
    ours.bias.mutable_grad() = b.clone();
    theirs.weight.mutable_grad() = a.clone();
    theirs.bias.mutable_grad() = b.clone();
    sgd.step(0.1, 0.3, 0.9);
    reference.step();
  }
  EXPECT_TRUE(torch::allclose(ours.weight, theirs.weight, 1e-5, 1e-6));
  EXPECT_TRUE(torch::allclose(ours.bias, theirs.bias, 1e-5, 1e-6));
  EXPECT_FALSE(ours.bias.grad().defined());
}

TEST(ClipGradients, ScalesAllByOneFactor) {
  TwoTensors module;
  module.weight.mutable_grad() = torch::full({2, 2}, 3.0F);
  module.bias.mutable_grad() = torch::full({2}, 4.0F);
  const double norm = std::sqrt(4 * 9.0 + 2 * 16.0);
  const torch::Tensor before = clip_gradients({module.weight, module.bias}, 0.5, 1);
  EXPECT_NEAR(before.item<double>(), norm / 2, 1e-5);
  EXPECT_NEAR(module.weight.grad()[0][0].item<double>(), 3 / norm, 1e-5);
  EXPECT_NEAR(module.bias.grad()[0].item<double>(), 4 / norm, 1e-5);
  clip_gradients({module.weight, module.bias}, 1, 10);
  EXPECT_NEAR(module.bias.grad()[0].item<double>(), 4 / norm, 1e-5);
}

TEST(EmaDecay, RampsAsUltralytics) {
  EmaOptions options;
  options.ramp = 2000;
  EXPECT_DOUBLE_EQ(ema_decay(options, 1), 0.9999 * (1 - std::exp(-1.0 / 2000)));
  EXPECT_NEAR(ema_decay(options, 100'000), 0.9999, 1e-9);
}

}  // namespace
}  // namespace ersatz::train
