#include "train/diffusion/autoencoder_trainer.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <csignal>
#include <limits>
#include <sstream>

#include "compute/threads.h"
#include "core/file_system.h"
#include "core/json.h"
#include "models/diffusion/autoencoder_folder.h"
#include "models/diffusion/random_stable_diffusion.h"
#include "support/test_support.h"
#include "train/diffusion/autoencoder_quality.h"
#include "train/diffusion/image_batches.h"
#include "train/diffusion/painted_discs.h"

namespace ersatz::train {
namespace {

namespace fs = std::filesystem;

constexpr int kSide = 16;

// Two levels: latents [4, 8, 8] of 16 px.
AutoencoderTraining tiny_training(std::int64_t steps) {
  AutoencoderTraining training;
  training.network.block_channels = {16, 32};
  training.network.layers_per_block = 1;
  training.network.norm_groups = 4;
  training.side = kSide;
  training.steps = steps;
  training.batch_size = 8;
  training.learning_rate = {ScheduleKind::kCosine, 3e-3, 0.95, 10000, 2};
  training.loss.edges = 0.5;
  training.ema.decay = 0.95;
  training.held_out = 6;
  return training;
}

AutoencoderImages discs() {
  return {test::painted_discs(1, kSide), test::painted_discs(2, kSide), "discs"};
}

TrainingRun run_in(const fs::path& folder, std::int64_t checkpoint_every = 4) {
  TrainingRun run;
  run.checkpoint_folder = folder / "checkpoints";
  run.metrics_file = folder / "metrics.jsonl";
  run.seed = 5;
  run.checkpoint_every = checkpoint_every;
  run.log_every = 3;
  return run;
}

std::vector<core::Json> log_lines(const fs::path& file) {
  std::istringstream lines(core::read_file(file));
  std::vector<core::Json> result;
  for (std::string line; std::getline(lines, line);) {
    core::Json parsed = core::Json::parse(line);
    parsed.erase("images_per_second");
    result.push_back(std::move(parsed));
  }
  return result;
}

TEST(AutoencoderTrainer, LearnsToReproducePicturesItHasNotSeen) {
  compute::use_threads(1);  // steps so small are not worth a second one
  const test::TemporaryFolder folder;
  AutoencoderTraining training = tiny_training(240);
  training.quality_every = 30;
  TrainingRun run = run_in(folder.path(), 100);
  run.log_every = 30;
  const AutoencoderTrainingResult result =
      train_autoencoder(discs(), training, run, folder / "vae");
  EXPECT_TRUE(result.finished);
  EXPECT_EQ(result.steps, 240);
  EXPECT_GT(result.images_per_second, 0);
  const std::vector<core::Json> log = log_lines(folder / "metrics.jsonl");
  ASSERT_EQ(log.size(), 8U);
  EXPECT_LT(log.back()["loss"].get<double>(), 0.65 * log.front()["loss"].get<double>());
  EXPECT_LT(log.back()["absolute_error"].get<double>(),
            0.65 * log.front()["absolute_error"].get<double>());
  EXPECT_GT(log.back()["psnr"].get<double>(), log.front()["psnr"].get<double>() + 3);
  EXPECT_GT(result.psnr, 16.5);
  EXPECT_EQ(result.psnr, log.back()["psnr"].get<double>());

  // What was written is what was measured.
  const auto saved = models::load_autoencoder(folder / "vae");
  EXPECT_DOUBLE_EQ(saved->config().scaling_factor, result.scaling_factor);
  EXPECT_EQ(saved->config().block_channels, training.network.block_channels);
  const AutoencoderQuality again = autoencoder_quality(*saved, discs().held_out, kSide, 6);
  EXPECT_NEAR(again.psnr, result.psnr, 1e-3);
  EXPECT_NEAR(again.scaling_factor(), result.scaling_factor, 1e-6);
}

TEST(AutoencoderTrainer, ResumedEqualsUninterruptedBitForBit) {
  compute::use_threads();
  const test::TemporaryFolder whole, parts;
  AutoencoderTraining training = tiny_training(10);
  const auto uninterrupted =
      train_autoencoder(discs(), training, run_in(whole.path()), whole / "vae");
  // Once between checkpoints and logs, once at a checkpoint.
  for (const std::int64_t stop : {5, 8}) {
    TrainingRun run = run_in(parts.path());
    run.stop_after = stop;
    const auto part = train_autoencoder(discs(), training, run, parts / "vae");
    EXPECT_FALSE(part.finished);
    EXPECT_EQ(part.steps, stop);
    EXPECT_FALSE(fs::exists(parts / "vae"));
    at::manual_seed(99);  // a new process starts with other generator states
  }
  const auto resumed = train_autoencoder(discs(), training, run_in(parts.path()), parts / "vae");
  EXPECT_TRUE(resumed.finished);
  EXPECT_EQ(resumed.loss, uninterrupted.loss);
  EXPECT_EQ(resumed.psnr, uninterrupted.psnr);
  for (const char* name : {"config.json", "diffusion_pytorch_model.safetensors"}) {
    EXPECT_EQ(core::read_file(parts / "vae" / name), core::read_file(whole / "vae" / name)) << name;
  }
  EXPECT_EQ(log_lines(parts / "metrics.jsonl"), log_lines(whole / "metrics.jsonl"));
  EXPECT_EQ(log_lines(whole / "metrics.jsonl").size(), 4U);
}

TEST(AutoencoderTrainer, MeasuringOnTheWayChangesNothing) {
  compute::use_threads();
  const test::TemporaryFolder plain, measured;
  AutoencoderTraining training = tiny_training(6);
  train_autoencoder(discs(), training, run_in(plain.path()), plain / "vae");
  training.quality_every = 3;
  train_autoencoder(discs(), training, run_in(measured.path()), measured / "vae");
  const char* name = "diffusion_pytorch_model.safetensors";
  EXPECT_EQ(core::read_file(plain / "vae" / name), core::read_file(measured / "vae" / name));
}

TEST(AutoencoderTrainer, NanStopsTheRunWithExit20) {
  const test::TemporaryFolder folder;
  AutoencoderTraining training = tiny_training(20);
  training.learning_rate = {ScheduleKind::kConstant, std::numeric_limits<double>::infinity()};
  EXPECT_ERSATZ_ERROR(train_autoencoder(discs(), training, run_in(folder.path()), folder / "vae"),
                      core::ExitCode::kNumeric, "step 2");
  EXPECT_FALSE(fs::exists(folder / "vae"));
  // The last update of a run has no loss after it: the weights themselves are looked at.
  const test::TemporaryFolder one;
  training.steps = 1;
  EXPECT_ERSATZ_ERROR(train_autoencoder(discs(), training, run_in(one.path()), one / "vae"),
                      core::ExitCode::kNumeric, "step 1");
}

TEST(AutoencoderTrainer, RefusesCheckpointsOfAnotherTraining) {
  const test::TemporaryFolder folder;
  const TrainingRun run = run_in(folder.path());
  train_autoencoder(discs(), tiny_training(2), run, folder / "vae");
  const auto refused = [&](const AutoencoderTraining& training, const char* message) {
    EXPECT_ERSATZ_ERROR(train_autoencoder(discs(), training, run, folder / "vae"),
                        core::ExitCode::kUsage, message);
  };
  refused(tiny_training(3), "'steps' is 2 there and 3 here");
  AutoencoderTraining other = tiny_training(2);
  other.network.block_channels = {8, 24};
  refused(other, "network");
  other = tiny_training(2);
  other.loss.kl = 1e-3;
  refused(other, "kl_weight");
  AutoencoderImages images = discs();
  images.name = "other discs";
  EXPECT_ERSATZ_ERROR(train_autoencoder(images, tiny_training(2), run, folder / "vae"),
                      core::ExitCode::kUsage, "other discs");
}

TEST(AutoencoderTrainer, RefusesWhatCannotBeTrained) {
  const test::TemporaryFolder folder;
  const auto refused = [&](const AutoencoderTraining& training, const char* message) {
    EXPECT_ERSATZ_ERROR(train_autoencoder(discs(), training, run_in(folder.path()), folder / "vae"),
                        core::ExitCode::kUsage, message);
  };
  refused(tiny_training(0), "at least one step");
  AutoencoderTraining training = tiny_training(2);
  training.side = 15;
  refused(training, "a multiple of 2");
  training = tiny_training(2);
  training.loss.scales = 6;
  refused(training, "6 scales");
  training = tiny_training(2);
  training.dtype = "fp16";
  refused(training, "not 'fp16'");
  training = tiny_training(2);
  training.side = 64;
  refused(training, "has 16 x 16 pixels, training needs 64 x 64");
  training = tiny_training(2);
  training.held_out = 0;
  refused(training, "held out");
}

TEST(AutoencoderTrainer, TrainsInBfloat16WithWeightsInFloat) {
  const test::TemporaryFolder folder;
  AutoencoderTraining training = tiny_training(30);
  training.dtype = "bf16";
  TrainingRun run = run_in(folder.path(), 100);
  run.log_every = 10;
  train_autoencoder(discs(), training, run, folder / "vae");
  const std::vector<core::Json> log = log_lines(folder / "metrics.jsonl");
  EXPECT_LT(log.back()["loss"].get<double>(), log.front()["loss"].get<double>());
  const auto saved = models::load_safetensors(folder / "vae/diffusion_pytorch_model.safetensors");
  EXPECT_EQ(saved.tensors.at("decoder.conv_in.weight").scalar_type(), torch::kFloat32);
}

std::shared_ptr<models::Autoencoder> random_autoencoder() {
  auto network = std::make_shared<models::Autoencoder>(tiny_training(1).network);
  models::randomise(*network, 3, "test");
  return network;
}

TEST(AutoencoderQuality, ScalingFactorMakesSampledLatentsUnit) {
  const auto network = random_autoencoder();
  const data::CaptionedImages images = test::painted_discs(9, kSide);
  const AutoencoderQuality quality = autoencoder_quality(*network, images, kSide, 10, 4);
  const torch::NoGradGuard no_grad;
  torch::manual_seed(1);
  const torch::Tensor pictures = ImageBatches(images, kSide, 10, 0, c10::kCPU).at(0).images;
  const models::LatentDistribution latents = network->encode(pictures);
  std::vector<torch::Tensor> samples;
  for (int i = 0; i < 50; ++i) samples.push_back(latents.sample(torch::randn_like(latents.mean)));
  EXPECT_NEAR((torch::stack(samples) * quality.scaling_factor()).std().item<double>(), 1.0, 5e-3);
  EXPECT_GT(latents.log_variance.exp().mean().item<double>(), 0.1);  // both parts matter
}

TEST(AutoencoderQuality, PsnrIsTheMeanOverPictures) {
  const auto network = random_autoencoder();
  const data::CaptionedImages images = test::painted_discs(9, kSide);
  const AutoencoderQuality quality = autoencoder_quality(*network, images, kSide, 3, 2);
  const torch::NoGradGuard no_grad;
  double expected = 0;
  for (std::int64_t i = 0; i < 3; ++i) {
    const torch::Tensor picture = ImageBatches(images, kSide, 1, 0, c10::kCPU).at(i).images;
    const torch::Tensor decoded = network->decode(network->encode(picture).mean);
    // In levels of 8 bits.
    const double error = ((decoded.clamp(-1, 1) - picture) * 127.5).square().mean().item<double>();
    expected += 10 * std::log10(255.0 * 255.0 / error) / 3;
  }
  EXPECT_NEAR(quality.psnr, expected, 1e-3);
  // The number of pictures per batch changes nothing but rounding.
  EXPECT_NEAR(autoencoder_quality(*network, images, kSide, 3, 3).psnr, quality.psnr, 1e-4);
}

TEST(AutoencoderQuality, LatentsWithoutVariationAreAnError) {
  const auto network = random_autoencoder();
  const torch::NoGradGuard no_grad;
  network->named_parameters()["quant_conv.weight"].zero_();
  torch::Tensor bias = network->named_parameters()["quant_conv.bias"];
  bias.narrow(0, 4, 4).fill_(-std::numeric_limits<float>::infinity());  // clamped: e^-30
  EXPECT_GT(autoencoder_quality(*network, test::painted_discs(9, kSide), kSide, 2).latent_deviation,
            0);
  bias[0] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_ERSATZ_ERROR(autoencoder_quality(*network, test::painted_discs(9, kSide), kSide, 2),
                      core::ExitCode::kNumeric, "picture 0");
}

}  // namespace
}  // namespace ersatz::train
