// Every sampler against the reference implementation's.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>
#include <set>

#include "generate/diffusion/recorded_schedulers.h"
#include "generate/diffusion/schedulers/noise_schedule.h"
#include "generate/diffusion/schedulers/noise_training.h"
#include "generate/diffusion/schedulers/variance_exploding.h"
#include "support/test_support.h"

namespace ersatz::generate {
namespace {

using test::RecordedScheduler;
using test::SchedulerFeeds;

// Relative to the largest number of the trajectory.
constexpr double kTolerance = 1e-5;

// Recorded, but not among our samplers; "churn" is an argument of Euler's step, not a setting.
const std::set<std::string> kNotOurs = {
    "kdpm2", "kdpm2__linspace", "kdpm2__leading", "kdpm2_a",
    "deis",  "deis__leading",   "dpm_2s",         "euler__churn"};

void expect_same_timesteps(const Scheduler& scheduler, const torch::Tensor& recorded) {
  ASSERT_EQ(scheduler.size(), recorded.numel());
  const torch::Tensor expected = recorded.to(torch::kFloat64).contiguous();
  const bool whole = recorded.scalar_type() == torch::kInt64;
  for (std::int64_t i = 0; i < scheduler.size(); ++i) {
    EXPECT_NEAR(scheduler.timestep(i), expected.data_ptr<double>()[i], whole ? 0 : 2e-4) << i;
  }
}

void expect_same_noising(const Scheduler& scheduler, const torch::Tensor& timesteps,
                         const torch::Tensor& expected, const SchedulerFeeds& feeds) {
  for (std::int64_t row = 0; row < timesteps.numel(); ++row) {
    const double t = timesteps[row].item<double>();
    std::int64_t call = 0;
    while (call + 1 < scheduler.size() && std::abs(scheduler.timestep(call) - t) > 1e-3) ++call;
    const torch::Tensor noisy = scheduler.add_noise(feeds.clean[row], feeds.noise[row], call);
    EXPECT_LE(test::relative_difference(noisy, expected[row]), kTolerance) << "add_noise at " << t;
  }
}

// The largest relative difference of any step's result.
double replay(const RecordedScheduler& recorded, std::int64_t steps, const SchedulerFeeds& feeds) {
  const auto scheduler = make_scheduler(recorded.parsed(), steps);
  expect_same_timesteps(*scheduler, recorded.tensor(steps, "timesteps"));
  EXPECT_NEAR(scheduler->initial_noise_sigma(), recorded.initial.at(steps), 2e-6);
  expect_same_noising(*scheduler, recorded.tensor(steps, "add_noise.t"),
                      recorded.tensor(steps, "add_noise.out"), feeds);

  const torch::Tensor draws = recorded.tensor(steps, "noise");
  std::int64_t drawn = 0;
  const NoiseSource noise = [&](const torch::Tensor&) { return draws[drawn++]; };
  const torch::Tensor expected = recorded.tensor(steps, "prev_samples");
  const torch::Tensor inputs = recorded.tensor(steps, "scaled_inputs");
  const double largest = expected.abs().max().item<double>();
  torch::Tensor sample = feeds.unit_sample * scheduler->initial_noise_sigma();
  double worst = 0;
  for (std::int64_t i = 0; i < scheduler->size(); ++i) {
    const torch::Tensor input = scheduler->scale_model_input(sample, i);
    const torch::Tensor expected_input = inputs.defined() ? inputs[i] : sample;
    EXPECT_LE((input - expected_input).abs().max().item<double>(),
              kTolerance * expected_input.abs().max().item<double>());
    sample = scheduler->step(feeds.model_outputs[i], i, sample, noise);
    worst = std::max(worst, (sample - expected[i]).abs().max().item<double>() / largest);
    if (!(worst <= kTolerance)) {
      ADD_FAILURE() << recorded.name << ", " << steps << " steps, call " << i << ": " << worst;
      break;
    }
  }
  // Euler's recorded draws are multiplied by 0 there.
  if (draws.defined() && recorded.parsed().solver != Solver::kEuler) {
    EXPECT_EQ(drawn, draws.size(0)) << recorded.name;
  }
  return worst;
}

TEST(Schedulers, TenStepsAsRecorded) {
  const auto recorded = test::load_committed_schedulers();
  ASSERT_GE(recorded.schedulers.size(), 40U);
  for (const RecordedScheduler& scheduler : recorded.schedulers) {
    SCOPED_TRACE(scheduler.name);
    replay(scheduler, 10, recorded.feeds);
  }
}

TEST(Schedulers, NoiseLevelsAsRecorded) {
  for (const RecordedScheduler& scheduler : test::load_committed_schedulers().schedulers) {
    SCOPED_TRACE(scheduler.name);
    const SchedulerConfig config = scheduler.parsed();
    if (const auto found = scheduler.tensors.find("alphas_cumprod");
        found != scheduler.tensors.end()) {
      EXPECT_LE((cumulative_alphas(config) - found->second).abs().max().item<double>(), 1e-7);
    }
    const torch::Tensor expected = scheduler.tensor(10, "sigmas");
    if (!expected.defined()) continue;
    const torch::Tensor sigmas =
        torch::tensor(make_sigma_trajectory(config, 10).sigmas, torch::kFloat32);
    EXPECT_LE(test::relative_difference(sigmas, expected), 1e-6);
  }
}

TEST(Schedulers, AllStepCountsAsRecorded) {
  ERSATZ_REQUIRE_SHARED(folder, "fixtures/schedulers");
  const auto recorded = test::load_shared_schedulers(folder);
  int replayed = 0;
  std::map<std::string, double> worst;
  for (const RecordedScheduler& scheduler : recorded.schedulers) {
    if (kNotOurs.count(scheduler.name) > 0) continue;
    SCOPED_TRACE(scheduler.name);
    for (const std::int64_t steps : {10, 20, 25, 50}) {
      SCOPED_TRACE(steps);
      const double difference = replay(scheduler, steps, recorded.feeds);
      worst[scheduler.name] = std::max(worst[scheduler.name], difference);
      ++replayed;
    }
  }
  EXPECT_EQ(replayed, 4 * 55);
  for (const auto& [name, difference] : worst) {
    if (difference > kTolerance / 5) std::printf("  %-24s %.1e\n", name.c_str(), difference);
  }
}

// Image-to-image enters trajectories in the middle; at strength 0.6, 4 of 10 steps are skipped.
TEST(Schedulers, SkippedStepsAsRecorded) {
  ERSATZ_REQUIRE_SHARED(folder, "fixtures/trajectories/sd2mini");
  for (const char* name :
       {"pndm", "ddim", "ddpm", "euler", "euler_a", "lms", "heun", "dpmpp_2m", "unipc"}) {
    SCOPED_TRACE(name);
    const auto tensors =
        models::load_safetensors(folder / ("img2img_" + std::string(name) + ".safetensors"))
            .tensors;
    SchedulerConfig config;
    config.prediction = Prediction::kVelocity;
    config = with_solver(config, name);
    const bool leading = config.solver == Solver::kPndm || config.solver == Solver::kDdim ||
                         config.solver == Solver::kDdpm;
    config.spacing = leading ? TimestepSpacing::kLeading : TimestepSpacing::kLinspace;
    const auto whole = make_scheduler(config, 10);
    expect_same_timesteps(*whole, tensors.at("scheduler_timesteps"));
    const auto rest = make_scheduler(config, 10, 4);
    expect_same_timesteps(*rest, tensors.at("timesteps"));
    // The end of a trajectory has the noise levels it had in the whole one.
    const torch::Tensor clean = torch::ones({1, 4}), noise = torch::full({1, 4}, 0.5);
    const std::int64_t skipped = whole->size() - rest->size();
    EXPECT_TRUE(torch::equal(rest->add_noise(clean, noise, 2),
                             whole->add_noise(clean, noise, skipped + 2)));
  }
}

TEST(TrainingNoise, AsRecorded) {
  ERSATZ_REQUIRE_SHARED(folder, "fixtures/schedulers");
  const auto recorded = test::load_shared_schedulers(folder);
  for (const RecordedScheduler& scheduler : recorded.schedulers) {
    const auto velocity = scheduler.tensors.find("get_velocity.out");
    if (velocity == scheduler.tensors.end()) continue;
    SCOPED_TRACE(scheduler.name);
    const TrainingNoise noising(scheduler.parsed(), torch::kCPU);
    const torch::Tensor t = scheduler.tensors.at("get_velocity.t");
    const SchedulerFeeds& feeds = recorded.feeds;
    EXPECT_LE(
        test::relative_difference(noising.velocity(feeds.clean, feeds.noise, t), velocity->second),
        kTolerance);
    EXPECT_LE(test::relative_difference(
                  noising.add_noise(feeds.clean, feeds.noise, scheduler.tensor(10, "add_noise.t")),
                  scheduler.tensor(10, "add_noise.out")),
              kTolerance);
  }
}

}  // namespace
}  // namespace ersatz::generate
