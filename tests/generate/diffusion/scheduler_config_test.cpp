#include "generate/diffusion/schedulers/scheduler_config.h"

#include <gtest/gtest.h>

#include "core/json.h"
#include "models/diffusion/architecture.h"
#include "support/test_support.h"

namespace ersatz::generate {
namespace {

using core::ExitCode;
using core::Json;

// As published with Stable Diffusion 1.5: older than some keys, and with one of another class.
const Json kPublished = {{"_class_name", "PNDMScheduler"},
                         {"_diffusers_version", "0.6.0"},
                         {"beta_end", 0.012},
                         {"beta_schedule", "scaled_linear"},
                         {"beta_start", 0.00085},
                         {"num_train_timesteps", 1000},
                         {"set_alpha_to_one", false},
                         {"skip_prk_steps", true},
                         {"steps_offset", 1},
                         {"trained_betas", nullptr},
                         {"clip_sample", false}};

SchedulerConfig parse(const Json& config) { return parse_scheduler_config(config, "s.json"); }

Json with(const char* key, const Json& value) {
  Json config = kPublished;
  config[key] = value;
  return config;
}

TEST(SchedulerConfig, PublishedFile) {
  const SchedulerConfig config = parse(kPublished);
  EXPECT_EQ(config.solver, Solver::kPndm);
  EXPECT_EQ(config.betas, BetaSchedule::kScaledLinear);
  EXPECT_EQ(config.spacing, TimestepSpacing::kLeading);
  EXPECT_EQ(config.steps_offset, 1);
  EXPECT_TRUE(config.skip_prk_steps);
  EXPECT_EQ(config.prediction, Prediction::kEpsilon);
}

TEST(SchedulerConfig, AbsentKeysTakeTheDefaultsOfTheSolver) {
  const SchedulerConfig ddim = parse({{"_class_name", "DDIMScheduler"}});
  EXPECT_TRUE(ddim.clip_sample);
  EXPECT_TRUE(ddim.set_alpha_to_one);
  EXPECT_EQ(ddim.beta_end, 0.02);
  EXPECT_EQ(ddim.betas, BetaSchedule::kLinear);
  const SchedulerConfig unipc = parse({{"_class_name", "UniPCMultistepScheduler"}});
  EXPECT_EQ(unipc.solver_type, "bh2");
  EXPECT_EQ(unipc.spacing, TimestepSpacing::kLinspace);
  EXPECT_FALSE(parse({{"_class_name", "PNDMScheduler"}}).skip_prk_steps);
}

// What diffusers' X.from_config(pipe.scheduler.config) gives.
TEST(SchedulerConfig, OtherSolverKeepsWhatTheFileSays) {
  const SchedulerConfig base = parse(kPublished);
  const SchedulerConfig euler = with_solver(base, "euler");
  EXPECT_EQ(euler.solver, Solver::kEuler);
  EXPECT_EQ(euler.betas, BetaSchedule::kScaledLinear);
  EXPECT_EQ(euler.steps_offset, 1);
  EXPECT_EQ(euler.spacing, TimestepSpacing::kLinspace) << "the file did not say, Euler's default";
  const SchedulerConfig ddim = with_solver(base, "ddim");
  EXPECT_EQ(ddim.spacing, TimestepSpacing::kLeading);
  EXPECT_FALSE(ddim.set_alpha_to_one);
  EXPECT_FALSE(ddim.clip_sample) << "a key of another class still counts";

  const SchedulerConfig trailing = parse(with("timestep_spacing", "trailing"));
  EXPECT_EQ(with_solver(trailing, "unipc").spacing, TimestepSpacing::kTrailing);
  // A hand-made config says everything.
  SchedulerConfig made;
  made.prediction = Prediction::kVelocity;
  EXPECT_EQ(with_solver(made, "dpmpp_2m").prediction, Prediction::kVelocity);
  EXPECT_EQ(with_solver(made, "dpmpp_2m").spacing, TimestepSpacing::kLeading);
}

TEST(SchedulerConfig, ValuesThatNobodyAskedForCountAsAbsent) {
  Json config = with("timestep_spacing", "leading");
  config["_use_default_values"] = {"timestep_spacing"};
  EXPECT_EQ(with_solver(parse(config), "lms").spacing, TimestepSpacing::kLinspace);
}

TEST(SchedulerConfig, NamesSayOrderAlgorithmAndKarras) {
  const SchedulerConfig base = parse(with("use_karras_sigmas", true));
  EXPECT_TRUE(with_solver(base, "dpmpp_2m_karras").karras_sigmas);
  EXPECT_FALSE(with_solver(base, "dpmpp_2m").karras_sigmas);
  EXPECT_EQ(with_solver(base, "dpmpp_3m").order, 3);
  EXPECT_EQ(with_solver(base, "dpmpp_2m_sde").algorithm, "sde-dpmsolver++");
  EXPECT_EQ(with_solver(base, "unipc").solver_type, "bh2");
  EXPECT_EQ(with_solver(with_solver(base, "unipc"), "dpmpp_2m").solver_type, "midpoint");
  for (const std::string& name : solver_names()) EXPECT_NO_THROW(check(with_solver(base, name)));
}

TEST(SchedulerConfig, PndmFromAnotherSolverSkipsRungeKutta) {
  Json ddim = kPublished;
  ddim["_class_name"] = "DDIMScheduler";
  ddim.erase("skip_prk_steps");
  EXPECT_TRUE(with_solver(parse(ddim), "pndm").skip_prk_steps);
  ddim["skip_prk_steps"] = false;
  EXPECT_FALSE(with_solver(parse(ddim), "pndm").skip_prk_steps);
}

TEST(SchedulerConfig, UnknownNames) {
  EXPECT_ERSATZ_ERROR(with_solver({}, "eulr"), ExitCode::kUsage, "did you mean 'euler'?");
  EXPECT_ERSATZ_ERROR(with_solver({}, "dpmpp_2m_karas"), ExitCode::kUsage,
                      "did you mean 'dpmpp_2m_karras'?");
  EXPECT_ERSATZ_ERROR(parse({{"_class_name", "DDIMSheduler"}}), ExitCode::kUntrustedData,
                      "did you mean 'DDIMScheduler'?");
  EXPECT_ERSATZ_ERROR(parse({{"_class_name", "LCM"}}), ExitCode::kUntrustedData, "known are");
  EXPECT_ERSATZ_ERROR(parse(Json::object()), ExitCode::kUntrustedData, "_class_name");
  EXPECT_ERSATZ_ERROR(parse(Json::array()), ExitCode::kUntrustedData, "object");
  EXPECT_ERSATZ_ERROR(parse(with("beta_schedule", "scaled-linear")), ExitCode::kUntrustedData,
                      "did you mean 'scaled_linear'?");
}

TEST(SchedulerConfig, WrongValues) {
  const auto refused = [](const char* key, const Json& value) {
    SCOPED_TRACE(key + (" = " + value.dump()));
    EXPECT_ERSATZ_ERROR(parse(with(key, value)), ExitCode::kUntrustedData, key);
  };
  refused("num_train_timesteps", 10.5);
  refused("num_train_timesteps", 18446744073709551615ULL);
  refused("steps_offset", -1);
  refused("steps_offset", "1");
  refused("clip_sample", 1);
  refused("clip_sample_range", -1.0);
  refused("prediction_type", "noise");
  refused("timestep_spacing", 3);
  refused("variance_type", "learned_range");
  refused("solver_order", 4);
  refused("algorithm_type", "deis");
  EXPECT_ERSATZ_ERROR(parse(with("num_train_timesteps", 0)), ExitCode::kUntrustedData,
                      "0 training");
  EXPECT_ERSATZ_ERROR(parse(with("beta_start", 0.5)), ExitCode::kUntrustedData, "betas");
  EXPECT_ERSATZ_ERROR(parse(with("beta_end", 1.0)), ExitCode::kUntrustedData, "betas");
}

TEST(SchedulerConfig, SettingsThatWouldChangeTheImage) {
  const auto refused = [](const char* key, const Json& value) {
    SCOPED_TRACE(key);
    EXPECT_ERSATZ_ERROR(parse(with(key, value)), ExitCode::kUntrustedData, key);
  };
  refused("trained_betas", Json::array({0.1, 0.2}));
  refused("thresholding", true);
  refused("interpolation_type", "log_linear");  // Euler only
  refused("final_sigmas_type", "sigma_min");
  refused("predict_x0", false);
  refused("disable_corrector", Json::array({1}));
  refused("lambda_min_clipped", -5.1);
  refused("use_flow_sigmas", true);
  refused("something_new", "on");
  // ... and these change nothing.
  for (const auto& [key, value] :
       std::initializer_list<std::pair<const char*, Json>>{{"thresholding", false},
                                                           {"sample_max_value", 2.0},
                                                           {"dynamic_thresholding_ratio", 0.9},
                                                           {"interpolation_type", "linear"},
                                                           {"final_sigmas_type", "zero"},
                                                           {"lambda_min_clipped", -INFINITY},
                                                           {"variance_type", nullptr},
                                                           {"something_new", false}}) {
    EXPECT_NO_THROW(parse(with(key, value))) << key;
  }
}

TEST(SchedulerConfig, CombinationsThatNoSolverKnows) {
  SchedulerConfig sample;
  sample.prediction = Prediction::kSample;
  for (const char* name : {"pndm", "euler_a", "heun"}) {
    EXPECT_ERSATZ_ERROR(check(with_solver(sample, name)), ExitCode::kUsage, "predict the sample");
  }
  EXPECT_NO_THROW(check(with_solver(sample, "lms")));
  SchedulerConfig zero;
  zero.zero_terminal_snr = true;
  EXPECT_ERSATZ_ERROR(check(with_solver(zero, "ddim")), ExitCode::kUsage, "velocity");
  zero.prediction = Prediction::kVelocity;
  EXPECT_NO_THROW(check(with_solver(zero, "ddim")));
  EXPECT_ERSATZ_ERROR(check(with_solver(zero, "euler")), ExitCode::kUsage, "use ddim");
  SchedulerConfig third = with_solver({}, "dpmpp_2m_sde");
  third.order = 3;
  EXPECT_ERSATZ_ERROR(check(third), ExitCode::kUsage, "orders 1 and 2");
}

// diffusers' DDIM clips unless it is told not to, which only pictures bear, not latents.
TEST(SchedulerConfig, NoSolverOfAModelsOwnSettingsClipsLatents) {
  for (const Json& own :
       {models::standard_scheduler("epsilon"), models::standard_scheduler("v_prediction"),
        models::multistep_scheduler("epsilon")}) {
    const SchedulerConfig config = parse_scheduler_config(own, "own");
    for (const char* name : {"ddim", "ddpm", "heun", "dpmpp_2m"}) {
      EXPECT_FALSE(with_solver(config, name).clip_sample) << own.dump() << name;
    }
  }
  const SchedulerConfig multistep =
      parse_scheduler_config(models::multistep_scheduler("epsilon"), "own");
  EXPECT_EQ(multistep.solver, Solver::kDpmSolverMultistep);
  EXPECT_EQ(multistep.order, 2);
}

}  // namespace
}  // namespace ersatz::generate
