#include "train/diffusion/latent_diffusion_trainer.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <limits>
#include <sstream>

#include "compute/torch_shim.h"
#include "core/file_system.h"
#include "generate/diffusion/schedulers/scheduler.h"
#include "models/module_state.h"
#include "support/test_support.h"
#include "train/checkpoint.h"
#include "train/diffusion/latent_diffusion_step.h"
#include "train/diffusion/latent_fixture.h"

namespace ersatz::train {
namespace {

namespace fs = std::filesystem;
using test::run_in;
using test::small_training;
using test::SmallLatents;

LatentDiffusionResult train(const SmallLatents& latents, const LatentDiffusionTraining& training,
                            const LatentDiffusionRun& how, const fs::path& folder) {
  return train_latent_diffusion(latents.cache(), latents.key(), latents.empty_caption(), training,
                                how, folder);
}

class LatentDiffusion : public ::testing::Test {
 protected:
  test::TemporaryFolder folder_;
  SmallLatents latents_{folder_.path(), test::captioned_discs(1), 12};
};

TEST_F(LatentDiffusion, GradientsReachEveryParameter) {
  LatentDiffusionTraining training = small_training(1);
  LatentDiffusionStep step(training, latents_.cache(), latents_.empty_caption(), 5, torch::kCPU,
                           {1});
  const models::NamedTensors before = step.state();
  // What begins at zero holds back what is before it: after some steps nothing is held back.
  for (std::int64_t i = 0; i < 8; ++i) step.update(i, 1e-3);
  const models::NamedTensors after = step.state();
  std::int64_t looked_at = 0;
  for (const auto& [name, value] : before) {
    if (name.compare(0, 8, "weights/") != 0) continue;
    ++looked_at;
    // Rows of tokens that no caption has stay; of positions and tokens some must move.
    EXPECT_FALSE(torch::equal(value, after.at(name))) << name;
  }
  EXPECT_EQ(looked_at, static_cast<std::int64_t>(step.unet()->parameters().size() +
                                                 step.text_encoder()->parameters().size()));
}

TEST_F(LatentDiffusion, AFrozenTextEncoderStays) {
  LatentDiffusionTraining training = small_training(1);
  training.train_text_encoder = false;
  LatentDiffusionStep step(training, latents_.cache(), latents_.empty_caption(), 5, torch::kCPU,
                           {2});
  const models::NamedTensors before = step.state();
  for (std::int64_t i = 0; i < 4; ++i) step.update(i, 1e-3);
  for (const auto& [name, value] : step.state()) {
    if (name.find("weights/text_encoder") == 0) {
      EXPECT_TRUE(torch::equal(value, before.at(name))) << name;
    } else if (name == "weights/unet/conv_in.weight") {
      EXPECT_FALSE(torch::equal(value, before.at(name)));
    }
  }
}

TEST_F(LatentDiffusion, CopiesSideBySideAndAccumulationGiveTheGradientOfTheWholeBatch) {
  const auto moments_after_a_step = [&](std::int64_t batch, std::int64_t rounds,
                                        std::int64_t copies) {
    LatentDiffusionTraining training = small_training(1);
    training.batch_size = batch;
    training.accumulation = rounds;
    training.optimiser.clip = ClipMode::kNone;
    LatentDiffusionStep step(training, latents_.cache(), latents_.empty_caption(), 5, torch::kCPU,
                             {copies});
    const double loss = step.update(0, 1e-3).item<double>();
    return std::make_pair(loss, step.state());
  };
  const auto whole = moments_after_a_step(6, 1, 1);
  for (const auto& [batch, rounds, copies] :
       {std::tuple{6, 1, 2}, std::tuple{6, 1, 4}, std::tuple{3, 2, 1}, std::tuple{2, 3, 2}}) {
    const auto divided = moments_after_a_step(batch, rounds, copies);
    EXPECT_NEAR(divided.first, whole.first, 1e-5 * whole.first);
    for (const auto& [name, value] : whole.second) {
      if (name.find("adam/m/") != 0) continue;  // a tenth of the gradient
      const double size = value.abs().max().item<double>();
      EXPECT_LE((value - divided.second.at(name)).abs().max().item<double>(), 1e-4 * size + 1e-9)
          << name << " " << batch << " " << rounds << " " << copies;
    }
  }
}

TEST_F(LatentDiffusion, ResumedEqualsUninterruptedBitForBit) {
  const test::TemporaryFolder whole, parts;
  LatentDiffusionTraining training = small_training(12);
  training.timesteps = TimestepSampling::kStratified;
  training.learning_rate.kind = ScheduleKind::kCosine;
  const LatentDiffusionResult uninterrupted =
      train(latents_, training, run_in(whole.path()), whole.path());
  EXPECT_TRUE(uninterrupted.finished);
  for (const std::int64_t stop : {5, 8}) {
    LatentDiffusionRun how = run_in(parts.path());
    how.run.stop_after = stop;
    const LatentDiffusionResult part = train(latents_, training, how, parts.path());
    EXPECT_FALSE(part.finished);
    EXPECT_EQ(part.steps, stop);
    EXPECT_FALSE(fs::exists(parts / kUNetWeights));
    at::manual_seed(99);
  }
  const LatentDiffusionResult resumed =
      train(latents_, training, run_in(parts.path()), parts.path());
  EXPECT_EQ(resumed.loss, uninterrupted.loss);
  for (const char* name : {kUNetWeights, kTextEncoderWeights}) {
    EXPECT_EQ(core::read_file(parts / name), core::read_file(whole / name)) << name;
  }
  const auto losses = [](const fs::path& file) {
    std::istringstream lines(core::read_file(file));
    std::vector<std::pair<std::int64_t, double>> result;
    for (std::string line; std::getline(lines, line);) {
      const core::Json parsed = core::Json::parse(line);
      result.emplace_back(parsed["step"].get<std::int64_t>(), parsed["loss"].get<double>());
    }
    return result;
  };
  EXPECT_EQ(losses(parts / "metrics.jsonl"), losses(whole / "metrics.jsonl"));
  EXPECT_EQ(losses(whole / "metrics.jsonl").size(), 4U);
}

TEST_F(LatentDiffusion, ASnapshotComputesWithTheAverageAndChangesNothing) {
  const test::TemporaryFolder with, without;
  LatentDiffusionTraining training = small_training(6);
  training.average.decay = 0.9;
  std::vector<std::int64_t> steps;
  torch::Tensor last;
  LatentDiffusionRun how = run_in(with.path());
  how.snapshot_every = 4;
  how.on_snapshot = [&](const DiffusionSnapshot& snapshot) {
    steps.push_back(snapshot.step);
    last = snapshot.unet->named_parameters()["conv_in.weight"].detach().clone();
    torch::randn({100});
  };
  train(latents_, training, how, with.path());
  train(latents_, training, run_in(without.path()), without.path());
  EXPECT_EQ(steps, (std::vector<std::int64_t>{4, 6}));
  const auto written = models::load_safetensors(with / kUNetWeights).tensors;
  EXPECT_EQ(core::read_file(with / kUNetWeights), core::read_file(without / kUNetWeights));
  EXPECT_TRUE(torch::equal(written.at("conv_in.weight"), last));
  // The average is not the network itself.
  CheckpointFolder folder(with / "checkpoints", core::Json::object());
  const auto checkpoint =
      models::load_safetensors(with / "checkpoints" / "checkpoint-1.safetensors").tensors;
  EXPECT_FALSE(torch::equal(checkpoint.at("weights/unet/conv_in.weight"), last));
  EXPECT_TRUE(torch::equal(checkpoint.at("averages/unet/conv_in.weight"), last));
}

// Networks with the averaged weights that a training left.
DiffusionStart start_from(const fs::path& folder, const LatentDiffusionTraining& training) {
  const auto unet = std::make_shared<models::UNet>(training.unet);
  const auto text = std::make_shared<models::ClipText>(training.text);
  models::load_module_state(*unet, models::load_safetensors(folder / kUNetWeights).tensors, folder);
  models::load_module_state(*text, models::load_safetensors(folder / kTextEncoderWeights).tensors,
                            folder);
  return {unet, text};
}

TEST_F(LatentDiffusion, BeginsWithTheWeightsOfAModel) {
  const test::TemporaryFolder first, second;
  LatentDiffusionTraining training = small_training(3);
  train(latents_, training, run_in(first.path()), first.path());
  const DiffusionStart start = start_from(first.path(), training);
  LatentDiffusionStep step(training, latents_.cache(), latents_.empty_caption(), 6, torch::kCPU,
                           {2}, start);
  for (const auto& [name, value] : models::load_safetensors(first / kUNetWeights).tensors) {
    EXPECT_TRUE(torch::equal(step.state().at("weights/unet/" + name), value)) << name;
    EXPECT_TRUE(torch::equal(step.averaged("unet").at(name), value)) << name;
  }
  step.update(0, 1e-3);
  // What it began with is no part of what is trained.
  EXPECT_TRUE(
      torch::equal(start.unet->named_parameters()["conv_in.weight"],
                   start_from(first.path(), training).unet->named_parameters()["conv_in.weight"]));

  // Checkpoints of a training that began with other weights are not continued.
  LatentDiffusionRun how = run_in(second.path());
  how.start = start;
  how.run.stop_after = 2;
  train(latents_, training, how, second.path());
  how.run.stop_after = 0;
  how.start = {};
  EXPECT_ERSATZ_ERROR(train(latents_, training, how, second.path()), core::ExitCode::kUsage,
                      "start");
  how.start = start;
  EXPECT_TRUE(train(latents_, training, how, second.path()).finished);

  training.unet.layers_per_block += 1;
  EXPECT_ERSATZ_ERROR(LatentDiffusionStep(training, latents_.cache(), latents_.empty_caption(), 6,
                                          torch::kCPU, BatchShare{1}, start),
                      core::ExitCode::kUsage, "layers_per_block");
}

TEST_F(LatentDiffusion, TheFilesFitTheNetworks) {
  const test::TemporaryFolder out;
  const LatentDiffusionTraining training = small_training(2);
  train(latents_, training, run_in(out.path()), out.path());
  models::UNet unet(training.unet);
  models::ClipText text(training.text);
  models::load_module_state(unet, models::load_safetensors(out / kUNetWeights).tensors,
                            out / kUNetWeights);
  models::load_module_state(text, models::load_safetensors(out / kTextEncoderWeights).tensors,
                            out / kTextEncoderWeights);
}

TEST_F(LatentDiffusion, NanStopsTheRunWithExit20) {
  const test::TemporaryFolder out, one;
  LatentDiffusionTraining training = small_training(20);
  training.learning_rate.warmup_steps = 0;
  training.learning_rate.base = std::numeric_limits<double>::infinity();
  EXPECT_ERSATZ_ERROR(train(latents_, training, run_in(out.path()), out.path()),
                      core::ExitCode::kNumeric, "step 2");
  EXPECT_FALSE(fs::exists(out / kUNetWeights));
  training.steps = 1;
  EXPECT_ERSATZ_ERROR(train(latents_, training, run_in(one.path()), one.path()),
                      core::ExitCode::kNumeric, "step 1");
}

TEST_F(LatentDiffusion, BothPredictionsAndBfloat16AreTrained) {
  for (const char* dtype : {"fp32", "bf16"}) {
    for (const char* prediction : {"epsilon", "v_prediction"}) {
      const test::TemporaryFolder out;
      LatentDiffusionTraining training = small_training(40);
      training.scheduler["prediction_type"] = prediction;
      training.min_snr_gamma = 5;
      training.dtype = dtype;
      LatentDiffusionRun how = run_in(out.path(), 100);
      how.run.log_every = 10;
      train(latents_, training, how, out.path());
      std::istringstream lines(core::read_file(out / "metrics.jsonl"));
      std::vector<double> losses;
      for (std::string line; std::getline(lines, line);) {
        losses.push_back(core::Json::parse(line)["loss"].get<double>());
      }
      ASSERT_EQ(losses.size(), 4U);
      EXPECT_LT(losses.back(), 0.8 * losses.front()) << dtype << " " << prediction;
    }
  }
}

TEST_F(LatentDiffusion, RefusesWhatCannotBeTrained) {
  const test::TemporaryFolder out;
  const auto refused = [&](const LatentDiffusionTraining& training, const char* text) {
    EXPECT_ERSATZ_ERROR(train(latents_, training, run_in(out.path()), out.path()),
                        core::ExitCode::kUsage, text);
  };
  LatentDiffusionTraining training = small_training(2);
  training.steps = 0;
  refused(training, "at least 1");
  training = small_training(2);
  training.text.vocabulary = 400;
  refused(training, "vocabulary of 400");
  training = small_training(2);
  training.text.hidden = 32;
  refused(training, "attends to 16");
  training = small_training(2);
  training.unet.in_channels = training.unet.out_channels = 3;
  refused(training, "takes 3");
  training = small_training(2);
  training.dtype = "fp16";
  refused(training, "fp16");
  training = small_training(2);
  train(latents_, training, run_in(out.path()), out.path());
  training.optimiser.weight_decay = 0.5;
  refused(training, "weight_decay");
}

// Two pictures learned by heart: the loss nearly vanishes, and each caption brings back its own.
TEST(LatentDiffusionMemory, TwoPicturesAreLearnedByHeart) {
  const test::TemporaryFolder folder;
  SmallLatents latents(
      folder.path(),
      [](std::int64_t index) {
        data::CaptionedImage image = test::captioned_discs(3)(index + 4);
        image.caption = index == 0 ? "one" : "two";
        image.paraphrases.clear();
        return image;
      },
      2);
  LatentDiffusionTraining training = small_training(500);
  training.unet.block_channels = {48, 48};
  training.batch_size = 16;
  training.learning_rate = {ScheduleKind::kCosine, 3e-3, 0, 0, 20};
  training.average.decay = 0.98;
  training.caption_dropout = 0;
  training.timesteps = TimestepSampling::kStratified;
  LatentDiffusionRun how = run_in(folder / "run", 1000);
  how.run.log_every = 50;
  std::vector<torch::Tensor> made;
  how.snapshot_every = 1000;
  how.on_snapshot = [&](const DiffusionSnapshot& snapshot) {
    generate::SchedulerConfig config = generate::parse_scheduler_config(training.scheduler, "");
    for (const char* caption : {"one", "two"}) {
      const auto scheduler = generate::make_scheduler(generate::with_solver(config, "ddim"), 20);
      const torch::Tensor ids =
          torch::tensor(latents.tokenizer().tokenize_padded(caption, test::kCaptionTokens).ids)
              .unsqueeze(0);
      const torch::Tensor context = snapshot.text_encoder->forward(ids).last_hidden;
      torch::manual_seed(11);
      torch::Tensor x = torch::randn({1, 4, 8, 8}) * scheduler->initial_noise_sigma();
      for (std::int64_t i = 0; i < scheduler->size(); ++i) {
        const torch::Tensor t = torch::tensor({static_cast<float>(scheduler->timestep(i))});
        x = scheduler->step(snapshot.unet->forward(scheduler->scale_model_input(x, i), t, context),
                            i, x, {});
      }
      made.push_back(x[0]);
    }
  };
  const LatentDiffusionResult result = train(latents, training, how, folder.path());
  EXPECT_LT(result.loss, 0.06);
  ASSERT_EQ(made.size(), 2U);
  const torch::Tensor mean = torch::empty({4, 8, 8}), log_variance = torch::empty({4, 8, 8});
  const auto correlation = [&](std::int64_t picture, const torch::Tensor& other) {
    latents.cache().latent(picture, false, mean.data_ptr<float>(), log_variance.data_ptr<float>());
    return torch::corrcoef(torch::stack({mean.flatten(), other.flatten()}))[0][1].item<double>();
  };
  for (std::int64_t i = 0; i < 2; ++i) {
    const double own = correlation(i, made[static_cast<std::size_t>(i)]);
    // What is learned are latents with noise: these correlate with their mean no better than so.
    const double best = correlation(i, mean + (0.5 * log_variance).exp() * torch::randn({4, 8, 8}));
    // 0.86 and 0.83 of it after these 500 steps, 0.92 and 0.93 after 1500.
    EXPECT_GT(own, 0.75 * best) << i << ", at best " << best;
    EXPECT_GT(own, correlation(1 - i, made[static_cast<std::size_t>(i)]) + 0.1) << i;
  }
}

}  // namespace
}  // namespace ersatz::train
