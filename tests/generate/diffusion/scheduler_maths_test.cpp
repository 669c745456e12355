// What must hold of the samplers whatever any implementation does.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

#include "core/error.h"
#include "generate/diffusion/schedulers/noise_schedule.h"
#include "generate/diffusion/schedulers/noise_training.h"
#include "generate/diffusion/schedulers/scheduler.h"
#include "generate/diffusion/schedulers/sigma_grid.h"
#include "support/test_support.h"

namespace ersatz::generate {
namespace {

using core::ExitCode;

torch::Tensor no_noise(const torch::Tensor& sample) { return torch::zeros_like(sample); }

// Spread over all timesteps. The three oldest solvers take strides of 1000 / steps whatever the
// spacing, which only "trailing" visits.
SchedulerConfig named(const std::string& name) {
  SchedulerConfig config;
  const bool strides = name == "pndm" || name == "ddim" || name == "ddpm";
  config.spacing = strides ? TimestepSpacing::kTrailing : TimestepSpacing::kLinspace;
  return with_solver(config, name);
}

// Images that are normally distributed with deviation `kSpread` around 0: the best guess of the
// noise in a sample is linear, and the exact solution of the ODE scales the sample.
constexpr double kSpread = 0.5;

double marginal_deviation(double alpha, double sigma) {
  return std::sqrt(alpha * alpha * kSpread * kSpread + sigma * sigma);
}

// |end of the trajectory / exact end - 1| for a sampler with the exact network.
double solution_error(const SchedulerConfig& config, std::int64_t steps) {
  const auto scheduler = make_scheduler(config, steps);
  const NoiseSchedule schedule(config);
  const torch::Tensor start = torch::ones({1}, torch::kFloat64);
  torch::Tensor sample = start * scheduler->initial_noise_sigma();
  for (std::int64_t i = 0; i < scheduler->size(); ++i) {
    const std::vector<double>& ratios = schedule.noise_ratios();
    const double ratio = interpolate(ratios, scheduler->timestep(i));
    const double alpha = 1 / std::sqrt(1 + ratio * ratio), sigma = ratio * alpha;
    const double deviation = marginal_deviation(alpha, sigma);
    const torch::Tensor epsilon =
        scheduler->scale_model_input(sample, i) * (sigma / (deviation * deviation));
    sample = scheduler->step(epsilon, i, sample, no_noise);
  }
  const bool exploding = scheduler->initial_noise_sigma() != 1;
  const std::int64_t first = static_cast<std::int64_t>(scheduler->timestep(0));
  const double from = exploding ? marginal_deviation(1, schedule.noise_ratios().back())
                                : marginal_deviation(schedule.alpha(first), schedule.sigma(first));
  const double to = exploding ? kSpread : marginal_deviation(schedule.alpha(0), schedule.sigma(0));
  const double exact = to / from * (exploding ? scheduler->initial_noise_sigma() : 1);
  return std::abs(sample.item<double>() / exact - 1);
}

TEST(SchedulerMaths, SolversConvergeToTheExactSolution) {
  for (const char* name : {"pndm", "ddim", "lms", "lms_karras", "euler", "euler_karras", "heun",
                           "heun_karras", "dpmpp_2m", "dpmpp_3m", "unipc"}) {
    SCOPED_TRACE(name);
    EXPECT_LT(solution_error(named(name), 200), 0.02);
    EXPECT_LT(solution_error(named(name), 200), solution_error(named(name), 10));
  }
}

TEST(SchedulerMaths, HigherOrdersAreBetter) {
  const double euler = solution_error(named("euler_karras"), 20);
  const double heun = solution_error(named("heun_karras"), 20);
  EXPECT_LT(heun, euler / 4);
  const double second = solution_error(named("dpmpp_2m_karras"), 20);
  SchedulerConfig first = named("dpmpp_2m_karras");
  first.order = 1;
  EXPECT_LT(second, solution_error(first, 20) / 4);
  EXPECT_LT(solution_error(named("unipc_karras"), 20), second) << "corrects what it predicted";
}

// Halving the step of a second-order method quarters its error, if nothing else limits it.
TEST(SchedulerMaths, HeunIsOfSecondOrder) {
  const double coarse = solution_error(named("heun_karras"), 20);
  const double fine = solution_error(named("heun_karras"), 40);
  EXPECT_GT(coarse / fine, 3);
}

TEST(SchedulerMaths, DpmSolverOfOrderOneIsDdim) {
  SchedulerConfig dpm = named("dpmpp_2m");
  dpm.order = 1;
  dpm.spacing = TimestepSpacing::kTrailing;
  const SchedulerConfig ddim = named("ddim");
  const auto a = make_scheduler(dpm, 20), b = make_scheduler(ddim, 20);
  torch::manual_seed(3);
  torch::Tensor x = torch::randn({1, 4, 8, 8}, torch::kFloat64), y = x.clone();
  for (std::int64_t i = 0; i < 20; ++i) {
    const torch::Tensor output = torch::randn_like(x);
    x = a->step(output, i, x, no_noise);
    y = b->step(output, i, y, no_noise);
    EXPECT_LE((x - y).abs().max().item<double>(), 2e-6 * y.abs().max().item<double>()) << i;
  }
}

TEST(SchedulerMaths, DdimWithTheTrueNoiseKeepsTheImage) {
  SchedulerConfig config = named("ddim");
  config.set_alpha_to_one = true;
  torch::manual_seed(1);
  const torch::Tensor clean = torch::randn({2, 4, 8, 8}), noise = torch::randn({2, 4, 8, 8});
  for (const Prediction prediction :
       {Prediction::kEpsilon, Prediction::kVelocity, Prediction::kSample}) {
    config.prediction = prediction;
    const auto scheduler = make_scheduler(config, 20, 8);
    const TrainingNoise noising(config, torch::kCPU);
    torch::Tensor sample = scheduler->add_noise(clean, noise, 0);
    for (std::int64_t i = 0; i < scheduler->size(); ++i) {
      const auto t = static_cast<std::int64_t>(scheduler->timestep(i));
      const torch::Tensor truth = noising.target(clean, noise, torch::full({2}, t, torch::kInt64));
      sample = scheduler->step(truth, i, sample, no_noise);
    }
    EXPECT_LE((sample - clean).abs().max().item<double>(), 2e-5);
  }
}

TEST(SchedulerMaths, DdimAtEtaOneIsDdpm) {
  SchedulerConfig ddim = named("ddim");
  ddim.eta = 1;
  ddim.set_alpha_to_one = true;  // as DDPM ends
  const auto a = make_scheduler(ddim, 20), b = make_scheduler(named("ddpm"), 20);
  torch::manual_seed(2);
  const torch::Tensor sample = torch::randn({1, 4, 8, 8}), output = torch::randn({1, 4, 8, 8});
  const torch::Tensor draw = torch::randn({1, 4, 8, 8});
  const NoiseSource noise = [&](const torch::Tensor&) { return draw; };
  EXPECT_TRUE(torch::allclose(a->step(output, 0, sample, noise), b->step(output, 0, sample, noise),
                              1e-5, 1e-5));
}

TEST(SchedulerMaths, ImagesOfABatchDoNotTouch) {
  torch::manual_seed(4);
  const torch::Tensor start = torch::randn({3, 4, 4, 4});
  for (const std::string& name : solver_names()) {
    SCOPED_TRACE(name);
    const auto together = make_scheduler(named(name), 6), alone = make_scheduler(named(name), 6);
    torch::Tensor all = start * together->initial_noise_sigma();
    torch::Tensor one = all.slice(0, 1, 2).clone();
    const NoiseSource noise = [](const torch::Tensor& x) { return torch::full_like(x, 0.3); };
    for (std::int64_t i = 0; i < together->size(); ++i) {
      const torch::Tensor before = all.clone();
      const torch::Tensor next = together->step(all.sin(), i, all, noise);
      EXPECT_TRUE(torch::equal(all, before)) << "the sample must not be written to";
      one = alone->step(one.sin(), i, one, noise);
      all = next;
    }
    EXPECT_TRUE(torch::equal(all.slice(0, 1, 2), one));
    EXPECT_TRUE(all.isfinite().all().item<bool>());
  }
}

TEST(SchedulerMaths, NarrowTypesAreComputedInFloat32) {
  torch::manual_seed(5);
  const torch::Tensor start = torch::randn({1, 4, 4, 4}), output = torch::randn({1, 4, 4, 4});
  for (const std::string& name : solver_names()) {
    SCOPED_TRACE(name);
    const auto wide = make_scheduler(named(name), 10), narrow = make_scheduler(named(name), 10);
    const torch::Tensor half = (start * wide->initial_noise_sigma()).to(torch::kFloat16);
    const torch::Tensor half_output = output.to(torch::kFloat16);
    const torch::Tensor expected =
        wide->step(half_output.to(torch::kFloat32), 0, half.to(torch::kFloat32), no_noise);
    const torch::Tensor actual = narrow->step(half_output, 0, half, no_noise);
    ASSERT_EQ(actual.scalar_type(), torch::kFloat16);
    EXPECT_TRUE(torch::equal(actual, expected.to(torch::kFloat16)));
    EXPECT_EQ(narrow->scale_model_input(half, 0).scalar_type(), torch::kFloat16);
    EXPECT_EQ(narrow->add_noise(half, half, 0).scalar_type(), torch::kFloat16);
  }
}

TEST(SchedulerMaths, ZeroTerminalSnrStartsFromNoiseAlone) {
  SchedulerConfig config;
  config.prediction = Prediction::kVelocity;
  config.zero_terminal_snr = true;
  const NoiseSchedule schedule(config);
  EXPECT_NEAR(schedule.alpha_bar(999), 0, 1e-12);
  EXPECT_NEAR(schedule.alpha_bar(0), NoiseSchedule(SchedulerConfig()).alpha_bar(0), 1e-6);
}

// The shortest and the longest trajectories are finite too.
TEST(SchedulerMaths, OneStepAndAThousand) {
  for (const std::string& name : solver_names()) {
    for (const std::int64_t steps : {1, 2, 3, 999, 1000}) {
      SCOPED_TRACE(name + ", " + std::to_string(steps));
      SchedulerConfig config = named(name);
      config.spacing = TimestepSpacing::kTrailing;
      const auto scheduler = make_scheduler(config, steps);
      torch::Tensor sample = torch::ones({1}) * scheduler->initial_noise_sigma();
      for (std::int64_t i = 0; i < scheduler->size(); ++i) {
        sample = scheduler->step(torch::full({1}, 0.5), i, sample, no_noise);
      }
      EXPECT_TRUE(sample.isfinite().all().item<bool>());
    }
  }
}

// A base whose images are clipped (DDPM's own default) keeps that setting in its file; in diffusers
// only three solvers read it.
TEST(SchedulerMaths, OnlySomeSolversClip) {
  torch::manual_seed(6);
  const torch::Tensor start = torch::randn({1, 4, 4, 4}) * 5, output = torch::randn({1, 4, 4, 4});
  for (const std::string& name : solver_names()) {
    SCOPED_TRACE(name);
    SchedulerConfig config = named(name);
    const torch::Tensor plain = make_scheduler(config, 10)->step(output, 0, start, no_noise);
    config.clip_sample = true;
    const torch::Tensor clipped = make_scheduler(config, 10)->step(output, 0, start, no_noise);
    const bool clips = name == "ddim" || name == "ddpm" || name == "heun" || name == "heun_karras";
    EXPECT_NE(torch::equal(plain, clipped), clips);
  }
}

TEST(SchedulerMaths, StepsComeInOrder) {
  const auto scheduler = make_scheduler(named("euler"), 10);
  const torch::Tensor x = torch::ones({1});
  EXPECT_ERSATZ_ERROR(scheduler->step(x, 1, x, no_noise), ExitCode::kInternal, "step 0 was due");
  scheduler->step(x, 0, x, no_noise);
  EXPECT_ERSATZ_ERROR(scheduler->step(x, 0, x, no_noise), ExitCode::kInternal, "step 1 was due");
}

TEST(SchedulerMaths, LevelsHavePlaces) {
  EXPECT_EQ(position_of_level({1, 2, 8}, 4), 1.5);
  EXPECT_EQ(position_of_level({1, 2, 8}, 0.5), 0);
  EXPECT_EQ(position_of_level({1, 2, 8}, 9), 2);
  const double place = position_of_level({1, 2, 2}, 2);
  EXPECT_TRUE(place >= 1 && place <= 2) << place;
}

TEST(SchedulerMaths, ImpossibleTrajectories) {
  const SchedulerConfig config = named("ddim");
  EXPECT_ERSATZ_ERROR(make_scheduler(config, 0), ExitCode::kUsage, "1 .. 1000, not 0");
  EXPECT_ERSATZ_ERROR(make_scheduler(config, 1001), ExitCode::kUsage, "not 1001");
  EXPECT_ERSATZ_ERROR(make_scheduler(config, 10, 10), ExitCode::kUsage, "not 10");
  EXPECT_ERSATZ_ERROR(make_scheduler(config, 10, -1), ExitCode::kUsage, "not -1");
  SchedulerConfig leading = named("dpmpp_2m");
  leading.spacing = TimestepSpacing::kLeading;
  leading.steps_offset = 1;
  EXPECT_ERSATZ_ERROR(make_scheduler(leading, 1000), ExitCode::kUsage, "same timestep");
  SchedulerConfig ddim = config;
  ddim.spacing = TimestepSpacing::kLeading;
  EXPECT_ERSATZ_ERROR(make_scheduler(ddim, 1000), ExitCode::kUsage, "timestep 1000");
  // Nothing is left of the image, or nothing was done to it.
  for (const char* name : {"dpmpp_2m_karras", "unipc_karras", "euler_karras"}) {
    for (const auto& [from, to] : {std::pair{0.5, 0.99}, {1e-12, 1e-9}}) {
      SchedulerConfig extreme = named(name);
      extreme.beta_start = from;
      extreme.beta_end = to;
      EXPECT_ERSATZ_ERROR(make_scheduler(extreme, 10), ExitCode::kUsage, "no Karras spacing");
    }
  }
  SchedulerConfig runge_kutta = named("pndm");
  runge_kutta.skip_prk_steps = false;
  EXPECT_ERSATZ_ERROR(make_scheduler(runge_kutta, 10, 2), ExitCode::kUsage, "Runge-Kutta");
  EXPECT_ERSATZ_ERROR(make_scheduler(runge_kutta, 3), ExitCode::kUsage, "4 steps");
}

}  // namespace
}  // namespace ersatz::generate
