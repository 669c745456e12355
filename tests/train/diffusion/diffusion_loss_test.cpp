#include "train/diffusion/diffusion_loss.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "generate/diffusion/schedulers/noise_schedule.h"
#include "models/diffusion/architecture.h"

namespace ersatz::train {
namespace {

generate::TrainingNoise noise_for(const std::string& prediction) {
  return {generate::parse_scheduler_config(models::standard_scheduler(prediction), "scheduler"),
          torch::kCPU};
}

// Hang et al. 2023, section 3.4, with the signal-to-noise ratios of the noise schedule.
TEST(MinSnr, WeightsAreThoseOfThePaper) {
  const generate::NoiseSchedule schedule{generate::SchedulerConfig()};
  const torch::Tensor timesteps = torch::tensor({0, 50, 200, 500, 999}, torch::kInt64);
  for (const bool velocity : {false, true}) {
    const torch::Tensor weights =
        loss_weights(noise_for(velocity ? "v_prediction" : "epsilon"), timesteps, 5.0);
    for (std::int64_t i = 0; i < 5; ++i) {
      const std::int64_t t = timesteps[i].item<std::int64_t>();
      const double snr = std::exp(2 * schedule.lambda(t));
      const double expected = std::min(snr, 5.0) / (velocity ? snr + 1 : snr);
      EXPECT_NEAR(weights[i].item<double>() / expected, 1.0, 1e-4) << t << " " << velocity;
    }
  }
  // Nearly clean pictures weigh little, noisy ones fully.
  const torch::Tensor weights = loss_weights(noise_for("epsilon"), timesteps, 5.0);
  EXPECT_LT(weights[0].item<double>(), 0.01);
  EXPECT_EQ(weights[4].item<double>(), 1.0);
}

TEST(MinSnr, ZeroIsThePlainLoss) {
  const torch::Tensor timesteps = torch::arange(0, 1000, 100);
  EXPECT_TRUE(torch::equal(loss_weights(noise_for("epsilon"), timesteps, 0), torch::ones({10})));
}

TEST(WeightedError, IsTheSumOfMeanSquaresTimesWeights) {
  const torch::Tensor answer = torch::randn({3, 4, 5, 5}), target = torch::randn({3, 4, 5, 5});
  const torch::Tensor plain = weighted_error(answer, target, torch::ones({3}));
  EXPECT_NEAR(plain.item<double>() / 3, torch::mse_loss(answer, target).item<double>(), 1e-5);
  const torch::Tensor only_second =
      weighted_error(answer, target, torch::tensor({0.0F, 2.0F, 0.0F}));
  EXPECT_NEAR(only_second.item<double>(), 2 * torch::mse_loss(answer[1], target[1]).item<double>(),
              1e-5);
  EXPECT_EQ(weighted_error(answer.to(torch::kBFloat16), target, torch::ones({3})).scalar_type(),
            torch::kFloat32);
}

}  // namespace
}  // namespace ersatz::train
