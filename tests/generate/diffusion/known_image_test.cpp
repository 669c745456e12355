// Samplers with a network that knows the image: whatever it is asked for, noise, velocity or the
// image, the trajectory is the same, and it ends at the image.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

#include "generate/diffusion/schedulers/noise_schedule.h"
#include "generate/diffusion/schedulers/scheduler.h"

namespace ersatz::generate {
namespace {

const torch::Tensor& clean() {
  static const torch::Tensor image = [] {
    torch::manual_seed(1);
    return torch::randn({2, 4, 3, 5}, torch::kFloat64) * 0.5;
  }();
  return image;
}

const torch::Tensor& noise() {
  static const torch::Tensor draw = [] {
    torch::manual_seed(2);
    return torch::randn({2, 4, 3, 5}, torch::kFloat64);
  }();
  return draw;
}

// How much of the image and of noise is in the sample that enters call i.
double share(const Scheduler& scheduler, double image, double draw, std::int64_t i) {
  const auto number = [](double value) { return torch::full({1}, value, torch::kFloat64); };
  return scheduler.add_noise(number(image), number(draw), i).item<double>();
}

// The answer of the network that knows the image to what it is given at call i.
torch::Tensor answer(const Scheduler& scheduler, Prediction prediction, const torch::Tensor& sample,
                     std::int64_t i) {
  const double a = share(scheduler, 1, 0, i), s = share(scheduler, 0, 1, i);
  const double alpha = a / std::hypot(a, s), sigma = s / std::hypot(a, s);
  const torch::Tensor seen = scheduler.scale_model_input(sample, i);
  const torch::Tensor epsilon = (seen - alpha * clean()) / sigma;
  switch (prediction) {
    case Prediction::kEpsilon:
      return epsilon;
    case Prediction::kVelocity:
      return alpha * epsilon - sigma * clean();
    case Prediction::kSample:
      break;
  }
  return clean();
}

struct Trajectory {
  std::vector<torch::Tensor> samples;
  torch::Tensor end() const { return samples.back(); }
};

// Image-to-image from the image itself when steps are skipped, else from noise.
Trajectory sample(SchedulerConfig config, Prediction prediction, std::int64_t steps,
                  std::int64_t skip) {
  config.prediction = prediction;
  const auto scheduler = make_scheduler(config, steps, skip);
  Trajectory result;
  torch::Tensor x = skip > 0 ? scheduler->add_noise(clean(), noise(), 0)
                             : noise() * scheduler->initial_noise_sigma();
  for (std::int64_t i = 0; i < scheduler->size(); ++i) {
    x = scheduler->step(answer(*scheduler, prediction, x, i), i, x,
                        [](const torch::Tensor& like) { return torch::full_like(like, 0.1); });
    result.samples.push_back(x);
  }
  return result;
}

SchedulerConfig named(const std::string& name) {
  SchedulerConfig config;
  const bool strides = name == "pndm" || name == "ddim" || name == "ddpm";
  config.spacing = strides ? TimestepSpacing::kTrailing : TimestepSpacing::kLinspace;
  return with_solver(config, name);
}

bool predicts_images(const std::string& name) {
  return name != "euler_a" && name.rfind("heun", 0) != 0;
}

bool is_stochastic(const std::string& name) {
  return name == "ddpm" || name == "euler_a" || name == "dpmpp_2m_sde";
}

double largest(const torch::Tensor& x) { return x.abs().max().item<double>(); }

struct Length {
  std::int64_t steps, skip;
};
constexpr Length kLengths[] = {{1, 0}, {2, 0}, {3, 0}, {4, 3}, {5, 2}, {10, 9}, {16, 1}, {20, 0}};

TEST(KnownImage, WhatIsPredictedDoesNotMatter) {
  for (const std::string& name : solver_names()) {
    // PNDM, like diffusers', extrapolates the network's outputs as they are: velocities of several
    // timesteps are not what noises of several timesteps are.
    if (name == "pndm") continue;
    for (const Length& length : kLengths) {
      SCOPED_TRACE(name + ", " + std::to_string(length.steps) + " steps, " +
                   std::to_string(length.skip) + " skipped");
      const SchedulerConfig config = named(name);
      const Trajectory expected = sample(config, Prediction::kEpsilon, length.steps, length.skip);
      for (const Prediction prediction : {Prediction::kVelocity, Prediction::kSample}) {
        if (prediction == Prediction::kSample && !predicts_images(name)) continue;
        const Trajectory actual = sample(config, prediction, length.steps, length.skip);
        ASSERT_EQ(actual.samples.size(), expected.samples.size());
        for (std::size_t i = 0; i < actual.samples.size(); ++i) {
          EXPECT_LE(largest(actual.samples[i] - expected.samples[i]),
                    1e-4 * largest(expected.samples[i]))
              << "call " << i;
        }
      }
    }
  }
}

TEST(KnownImage, IsWhereTrajectoriesEnd) {
  for (const std::string& name : solver_names()) {
    if (is_stochastic(name)) continue;
    for (const Length& length : kLengths) {
      // Entered in the middle, PNDM takes its double first step there; like diffusers', its samples
      // are then one step ahead of what the network is told.
      if (name == "pndm" && length.skip > 0) continue;
      // LMS then leaves out the slopes it has not seen, like diffusers' (lms.cpp): it ends nearby.
      if (name.rfind("lms", 0) == 0 && length.skip > 0) continue;
      SCOPED_TRACE(name + ", " + std::to_string(length.steps) + " steps, " +
                   std::to_string(length.skip) + " skipped");
      const SchedulerConfig config = named(name);
      const NoiseSchedule schedule(config);
      // Solvers that leave the image as it is end without noise, the others at timestep 0.
      const bool exploding = make_scheduler(config, length.steps)->initial_noise_sigma() != 1;
      const torch::Tensor rest =
          sample(config, Prediction::kEpsilon, length.steps, length.skip).end() -
          (exploding ? 1 : schedule.alpha(0)) * clean();
      EXPECT_LE(largest(rest),
                exploding ? 1e-4 : 1.01 * schedule.sigma(0) * largest(noise()) + 0.01);
    }
  }
}

}  // namespace
}  // namespace ersatz::generate
