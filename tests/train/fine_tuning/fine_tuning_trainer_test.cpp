#include "train/fine_tuning/fine_tuning_trainer.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <limits>
#include <sstream>
#include <utility>

#include "core/file_system.h"
#include "generate/diffusion/pipeline.h"
#include "models/diffusion/save_lora.h"
#include "models/module_state.h"
#include "models/safetensors.h"
#include "support/test_support.h"
#include "train/fine_tuning/fine_tuning_fixture.h"

namespace ersatz::train {
namespace {

namespace fs = std::filesystem;
using test::disc_pictures;
using test::fine_tuning_in;
using test::small_dreambooth;
using test::small_lora;

// What a training left, and the model as it is afterwards.
struct Trained {
  FineTuningResult result;
  std::unique_ptr<test::SmallModel> model;
};

class FineTuningTrainer : public ::testing::Test {
 protected:
  // With the model as it begins.
  Trained train(const FineTuningTraining& training, const FineTuningRun& how, const fs::path& out) {
    Trained trained;
    trained.model = std::make_unique<test::SmallModel>(model_folder_.path());
    trained.model->networks().tokenizer = model_folder_ / "tokenizer";
    trained.result = fine_tune(trained.model->networks(), trained.model->tokenizer(), pictures_,
                               training, how, out);
    return trained;
  }
  Trained train(const FineTuningTraining& training, const fs::path& out) {
    return train(training, fine_tuning_in(out), out);
  }

  test::TemporaryFolder model_folder_;
  FineTuningPictures pictures_ = disc_pictures(true);
};

torch::Tensor sample_of(models::StableDiffusion& model, generate::ClipTokenizer tokenizer) {
  const generate::PromptEncoder encoder(model.text_encoder, std::move(tokenizer));
  generate::SamplingRequest request;
  request.prompts = {"a q disc"};
  request.seeds = {1, 2};
  request.width = request.height = 16;
  request.scheduler = generate::parse_scheduler_config(model.scheduler, "scheduler");
  request.steps = 3;
  return generate::sample(model, encoder, request).images;
}

double difference(const torch::Tensor& a, const torch::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

std::vector<core::Json> log_of(const fs::path& folder) {
  std::istringstream lines(core::read_file(folder / "metrics.jsonl"));
  std::vector<core::Json> result;
  for (std::string line; std::getline(lines, line);) {
    result.push_back(core::Json::parse(line));
    result.back().erase("images_per_second");
  }
  return result;
}

// The newest checkpoint, moments of the optimiser included.
models::NamedTensors checkpoint_in(const fs::path& folder) {
  models::Safetensors newest;
  for (const char* name : {"checkpoint-0.safetensors", "checkpoint-1.safetensors"}) {
    models::Safetensors file = models::load_safetensors(folder / "checkpoints" / name);
    if (newest.tensors.empty() ||
        std::stoll(file.metadata.at("step")) > std::stoll(newest.metadata.at("step"))) {
      newest = std::move(file);
    }
  }
  return newest.tensors;
}

std::string result_file(const FineTuningTraining& training) {
  return training.lora ? models::kLoraWeights : "model/unet/diffusion_pytorch_model.safetensors";
}

TEST_F(FineTuningTrainer, DreamBoothLeavesAWholeModel) {
  const test::TemporaryFolder out;
  test::SmallModel before(model_folder_.path());
  Trained trained = train(small_dreambooth(6), out.path());
  EXPECT_TRUE(trained.result.finished);
  EXPECT_EQ(trained.result.steps, 6);
  EXPECT_TRUE(trained.result.factors.empty());
  for (const char* file : {"model_index.json", "tokenizer/merges.txt", "vae/config.json"}) {
    EXPECT_TRUE(fs::exists(out / "model" / file)) << file;
  }
  models::StableDiffusion saved = models::load_stable_diffusion(out / "model");
  models::StableDiffusion& model = trained.model->networks();
  // The text encoder and the autoencoder are what they were, the UNet is another.
  for (const auto& [name, tensor] : models::module_state(*saved.autoencoder)) {
    EXPECT_TRUE(torch::equal(tensor, models::module_state(*before.networks().autoencoder).at(name)))
        << name;
  }
  for (const auto& [name, tensor] : models::module_state(*saved.text_encoder)) {
    EXPECT_TRUE(
        torch::equal(tensor, models::module_state(*before.networks().text_encoder).at(name)))
        << name;
  }
  for (const auto& [name, tensor] : models::module_state(*saved.unet)) {
    EXPECT_TRUE(torch::equal(tensor, models::module_state(*model.unet).at(name))) << name;
  }
  const torch::Tensor own = sample_of(model, trained.model->tokenizer());
  EXPECT_LE(difference(sample_of(saved, trained.model->tokenizer()), own), 1e-5);
  EXPECT_GT(difference(sample_of(before.networks(), before.tokenizer()), own), 1e-2);
}

TEST_F(FineTuningTrainer, ALoraGivesThePicturesItGaveWhileItWasLearned) {
  const test::TemporaryFolder out;
  FineTuningTraining training = small_lora(8);
  training.train_text_encoder = true;
  training.lora->alpha = 2;  // of rank 4
  test::SmallModel model(model_folder_.path());
  const std::string whole = model.digest();
  const torch::Tensor before = sample_of(model.networks(), model.tokenizer());
  torch::Tensor first, last;
  FineTuningRun how = fine_tuning_in(out.path());
  how.snapshot_every = 5;
  how.on_snapshot = [&](std::int64_t step) {
    if (step == 0) first = sample_of(model.networks(), model.tokenizer());
    if (step == 8) last = sample_of(model.networks(), model.tokenizer());
  };
  const FineTuningResult result =
      fine_tune(model.networks(), model.tokenizer(), pictures_, training, how, out.path());
  EXPECT_TRUE(torch::equal(first, before)) << "a LoRA that has learned nothing";
  EXPECT_EQ(model.digest(), whole);
  EXPECT_TRUE(torch::equal(sample_of(model.networks(), model.tokenizer()), before));
  const auto loaded = models::load_lora(out / models::kLoraWeights, model.networks());
  for (const auto& factors : {result.factors, loaded}) {
    models::LoraMerge merge(model.networks(), factors, 1);
    const torch::Tensor merged = sample_of(model.networks(), model.tokenizer());
    EXPECT_LE(difference(merged, last), 1e-4);
    EXPECT_GT(difference(merged, before), 1e-2);
    merge.unmerge();
  }
  const auto file = models::load_safetensors(out / models::kLoraWeights);
  EXPECT_EQ(file.metadata.at("model"), "0123abcd");
  EXPECT_EQ(file.metadata.at("steps"), "8");
  EXPECT_TRUE(fs::exists(out / lora_weights_at(4)));
  EXPECT_FALSE(fs::exists(out / "model"));
}

TEST_F(FineTuningTrainer, ResumedEqualsUninterruptedBitForBit) {
  for (FineTuningTraining training : {small_dreambooth(10), small_lora(10)}) {
    const test::TemporaryFolder whole, parts;
    training.train_text_encoder = true;
    training.accumulation = 2;
    training.learning_rate.kind = ScheduleKind::kCosine;
    training.learning_rate.warmup_steps = 2;
    const FineTuningResult uninterrupted = train(training, whole.path()).result;
    for (const std::int64_t stop : {3, 8}) {
      FineTuningRun how = fine_tuning_in(parts.path());
      how.run.stop_after = stop;
      const FineTuningResult part = train(training, how, parts.path()).result;
      EXPECT_FALSE(part.finished);
      EXPECT_EQ(part.steps, stop);
      EXPECT_FALSE(fs::exists(parts / result_file(training)));
      at::manual_seed(99);  // a new process starts with other generator states
    }
    const FineTuningResult resumed = train(training, parts.path()).result;
    EXPECT_TRUE(resumed.finished);
    EXPECT_EQ(resumed.loss, uninterrupted.loss);
    const std::string file = result_file(training);
    EXPECT_EQ(core::read_file(parts / file), core::read_file(whole / file)) << file;
    EXPECT_EQ(log_of(parts.path()), log_of(whole.path()));
    EXPECT_TRUE(log_of(whole.path()).front().contains("prior_loss"));
    const models::NamedTensors one = checkpoint_in(parts.path()),
                               other = checkpoint_in(whole.path());
    for (const auto& [name, tensor] : one) {
      EXPECT_TRUE(torch::equal(tensor, other.at(name))) << name;
    }
    // Once more changes nothing.
    train(training, parts.path());
    EXPECT_EQ(core::read_file(parts / file), core::read_file(whole / file)) << file;
  }
}

TEST_F(FineTuningTrainer, WithAConstantRateItCanBeMadeLonger) {
  for (const bool lora : {false, true}) {
    const auto of = [&](std::int64_t steps) {
      return lora ? small_lora(steps) : small_dreambooth(steps);
    };
    const test::TemporaryFolder at_once, longer;
    train(of(9), at_once.path());
    train(of(6), longer.path());
    EXPECT_EQ(train(of(9), longer.path()).result.steps, 9);
    const std::string file = result_file(of(9));
    EXPECT_EQ(core::read_file(longer / file), core::read_file(at_once / file));
    EXPECT_ERSATZ_ERROR(train(of(6), longer.path()), core::ExitCode::kUsage,
                        "has done 9 steps already, 6 were asked for");
  }
}

TEST_F(FineTuningTrainer, SnapshotsChangeNothing) {
  const test::TemporaryFolder with, without;
  std::vector<std::int64_t> steps;
  test::SmallModel model(model_folder_.path());
  model.networks().tokenizer = model_folder_ / "tokenizer";
  FineTuningRun how = fine_tuning_in(with.path());
  how.snapshot_every = 3;
  how.on_snapshot = [&](std::int64_t step) {
    steps.push_back(step);
    sample_of(model.networks(), model.tokenizer());
  };
  fine_tune(model.networks(), model.tokenizer(), pictures_, small_dreambooth(8), how, with.path());
  train(small_dreambooth(8), without.path());
  EXPECT_EQ(steps, (std::vector<std::int64_t>{0, 3, 6, 8}));
  const std::string file = result_file(small_dreambooth(8));
  EXPECT_EQ(core::read_file(with / file), core::read_file(without / file));
}

TEST_F(FineTuningTrainer, NanStopsWithinOneStep) {
  for (FineTuningTraining training : {small_dreambooth(20), small_lora(20)}) {
    const test::TemporaryFolder out, one;
    training.learning_rate.base = std::numeric_limits<double>::infinity();
    EXPECT_ERSATZ_ERROR(train(training, out.path()), core::ExitCode::kNumeric, "step 2");
    EXPECT_FALSE(fs::exists(out / result_file(training)));
    training.steps = 1;
    EXPECT_ERSATZ_ERROR(train(training, one.path()), core::ExitCode::kNumeric, "step 1");
    EXPECT_FALSE(fs::exists(one / result_file(training)));
  }
}

TEST_F(FineTuningTrainer, RefusesWhatCannotBeTrained) {
  const test::TemporaryFolder out;
  const auto refused = [&](const FineTuningTraining& training, const char* text) {
    EXPECT_ERSATZ_ERROR(train(training, out.path()), core::ExitCode::kUsage, text);
  };
  refused(small_dreambooth(0), "at least 1");
  FineTuningTraining training = small_lora(2);
  training.lora->rank = 0;
  refused(training, "rank 0");
  training = small_lora(2);
  training.lora->unet_targets = {"to_kk"};
  refused(training, "did you mean 'to_k'?");
  training = small_dreambooth(2);
  training.learning_rate.base = 0;
  refused(training, "learning rate");
  training = small_dreambooth(2);
  training.prior_weight = -1;
  refused(training, "prior weight");
  training = small_dreambooth(2);
  training.dtype = "fp16";
  refused(training, "fp32 or bf16");
  train(small_dreambooth(2), out.path());
  training = small_dreambooth(2);
  training.optimiser.weight_decay = 0.5;
  refused(training, "weight_decay");
  pictures_.instance.front().caption = "another";
  refused(small_dreambooth(2), "pictures");
  pictures_ = disc_pictures(false);
  refused(small_dreambooth(2), "class_pictures");
  pictures_.instance.front().image.width = 8;
  pictures_.instance.front().image.pixels.resize(8 * 16 * 3);
  refused(small_dreambooth(2), "all must be of one size");
  pictures_ = {};
  refused(small_dreambooth(2), "at least one picture");
}

}  // namespace
}  // namespace ersatz::train
