#include "train/textual_inversion/textual_inversion_trainer.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <limits>
#include <sstream>

#include "core/file_system.h"
#include "generate/diffusion/prompt_encoder.h"
#include "models/safetensors.h"
#include "support/test_support.h"
#include "train/checkpoint.h"
#include "train/textual_inversion/inversion_fixture.h"

namespace ersatz::train {
namespace {

namespace fs = std::filesystem;
using test::discs;
using test::inversion_in;
using test::small_inversion;

class TextualInversionTrainer : public ::testing::Test {
 protected:
  TextualInversionResult train(const TextualInversionTraining& training,
                               const TextualInversionRun& how, const fs::path& folder) {
    return train_textual_inversion(model_.networks(), model_.tokenizer(), images_, training, how,
                                   folder);
  }
  TextualInversionResult train(const TextualInversionTraining& training, const fs::path& folder) {
    return train(training, inversion_in(folder), folder);
  }

  test::TemporaryFolder model_folder_;
  test::SmallModel model_{model_folder_.path()};
  ConceptImages images_ = discs(3);
};

std::vector<core::Json> log_of(const fs::path& folder) {
  std::istringstream lines(core::read_file(folder / "metrics.jsonl"));
  std::vector<core::Json> result;
  for (std::string line; std::getline(lines, line);) {
    result.push_back(core::Json::parse(line));
    result.back().erase("samples_per_second");
  }
  return result;
}

void expect_same_training(const fs::path& one, const fs::path& other) {
  for (const char* name : {kLearnedEmbeddings, "x.pt", "learned_embeds-steps-4.safetensors"}) {
    EXPECT_EQ(core::read_file(one / name), core::read_file(other / name)) << name;
  }
  EXPECT_EQ(log_of(one), log_of(other));
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

TEST_F(TextualInversionTrainer, OnlyTheNewRowsChange) {
  const test::TemporaryFolder out;
  const std::string before = model_.digest();
  const torch::Tensor table = model_.networks().text_encoder->token_table().clone();
  const TextualInversionResult result = train(small_inversion(6, 3), out.path());
  EXPECT_TRUE(result.finished);
  EXPECT_EQ(result.steps, 6);
  EXPECT_EQ(model_.digest(), before) << "a weight of the model has changed";
  EXPECT_TRUE(torch::equal(model_.networks().text_encoder->token_table(), table));
  for (std::int64_t i = 0; i < 3; ++i) {
    EXPECT_FALSE(
        torch::equal(result.embedding.vectors[i], table[model_.tokenizer().encode("a").front()]))
        << i;
  }
  EXPECT_FALSE(torch::equal(result.embedding.vectors[0], result.embedding.vectors[1]));
}

TEST_F(TextualInversionTrainer, ARowThatChangesIsNoticed) {
  const test::TemporaryFolder out;
  TextualInversionRun how = inversion_in(out.path());
  how.snapshot_every = 2;
  how.on_snapshot = [&](const TextualInversionSnapshot& snapshot) {
    const torch::NoGradGuard no_grad;
    if (snapshot.step == 2) model_.networks().text_encoder->token_table()[7][3] += 1e-6;
  };
  EXPECT_ERSATZ_ERROR(train(small_inversion(3), how, out.path()), core::ExitCode::kInternal,
                      "rows of other tokens");
  EXPECT_FALSE(fs::exists(out / kLearnedEmbeddings));
}

TEST_F(TextualInversionTrainer, ResumedEqualsUninterruptedBitForBit) {
  const test::TemporaryFolder whole, parts;
  TextualInversionTraining training = small_inversion(10, 2);
  training.accumulation = 2;
  training.learning_rate.kind = ScheduleKind::kCosine;
  const TextualInversionResult uninterrupted = train(training, whole.path());
  for (const std::int64_t stop : {3, 8}) {
    TextualInversionRun how = inversion_in(parts.path());
    how.run.stop_after = stop;
    const TextualInversionResult part = train(training, how, parts.path());
    EXPECT_FALSE(part.finished);
    EXPECT_EQ(part.steps, stop);
    EXPECT_FALSE(fs::exists(parts / kLearnedEmbeddings));
    at::manual_seed(99);  // a new process starts with other generator states
  }
  const TextualInversionResult resumed = train(training, parts.path());
  EXPECT_TRUE(resumed.finished);
  EXPECT_EQ(resumed.loss, uninterrupted.loss);
  EXPECT_EQ(resumed.fixed_loss, uninterrupted.fixed_loss);
  EXPECT_EQ(resumed.fixed_loss_before, uninterrupted.fixed_loss_before);
  expect_same_training(parts.path(), whole.path());
  const models::NamedTensors one = checkpoint_in(parts.path()), other = checkpoint_in(whole.path());
  ASSERT_EQ(one.size(), 3U);
  for (const auto& [name, tensor] : one) EXPECT_TRUE(torch::equal(tensor, other.at(name))) << name;
  // Once more changes nothing.
  train(training, parts.path());
  expect_same_training(parts.path(), whole.path());
}

TEST_F(TextualInversionTrainer, WithAConstantRateItCanBeMadeLonger) {
  const test::TemporaryFolder at_once, longer;
  train(small_inversion(9), at_once.path());
  train(small_inversion(6), longer.path());
  EXPECT_EQ(train(small_inversion(9), longer.path()).steps, 9);
  EXPECT_EQ(core::read_file(longer / kLearnedEmbeddings),
            core::read_file(at_once / kLearnedEmbeddings));
  EXPECT_ERSATZ_ERROR(train(small_inversion(6), longer.path()), core::ExitCode::kUsage,
                      "has done 9 steps already, 6 were asked for");
}

TEST_F(TextualInversionTrainer, SnapshotsChangeNothingAndBeginBeforeTheFirstStep) {
  const test::TemporaryFolder with, without;
  std::vector<std::int64_t> steps;
  std::vector<torch::Tensor> vectors;
  TextualInversionRun how = inversion_in(with.path());
  how.snapshot_every = 3;
  how.on_snapshot = [&](const TextualInversionSnapshot& snapshot) {
    steps.push_back(snapshot.step);
    vectors.push_back(snapshot.embedding.vectors);
    // What sampling does.
    model_.networks().unet->set_aside();
    model_.networks().text_encoder->set_aside();
    torch::randn({100});
  };
  train(small_inversion(8), how, with.path());
  train(small_inversion(8), without.path());
  expect_same_training(with.path(), without.path());
  EXPECT_EQ(steps, (std::vector<std::int64_t>{0, 3, 6, 8}));
  EXPECT_TRUE(torch::equal(
      vectors.front()[0],
      model_.networks().text_encoder->token_table()[model_.tokenizer().encode("a").front()]));
  EXPECT_FALSE(torch::equal(vectors.front(), vectors.back()));
}

TEST_F(TextualInversionTrainer, BothFilesGiveTheSameConditioning) {
  for (const std::int64_t count : {1, 3}) {
    const test::TemporaryFolder out;
    const TextualInversionResult result = train(small_inversion(4, count), out.path());
    std::vector<torch::Tensor> hidden;
    for (const char* name : {kLearnedEmbeddings, "x.pt"}) {
      const generate::TextualInversion embedding = generate::load_textual_inversion(out / name);
      EXPECT_EQ(embedding.token, "<x>") << name;
      EXPECT_TRUE(torch::equal(embedding.vectors, result.embedding.vectors)) << name;
      generate::PromptEncoder encoder(model_.networks().text_encoder, model_.tokenizer());
      encoder.add_embedding(embedding);
      hidden.push_back(encoder.encode({"one <x> here"}).hidden);
    }
    EXPECT_TRUE(torch::equal(hidden[0], hidden[1]));
    const auto file = models::load_safetensors(out / kLearnedEmbeddings);
    EXPECT_EQ(file.tensors.at("<x>").dim(), count == 1 ? 1 : 2);
    EXPECT_EQ(
        file.metadata,
        (std::map<std::string, std::string>{
            {"initializer", "a"}, {"model", "0123abcd"}, {"model_name", "small"}, {"steps", "4"}}));
  }
}

TEST_F(TextualInversionTrainer, NanStopsWithinOneStep) {
  const test::TemporaryFolder out, one;
  TextualInversionTraining training = small_inversion(20);
  training.learning_rate.base = std::numeric_limits<double>::infinity();
  EXPECT_ERSATZ_ERROR(train(training, out.path()), core::ExitCode::kNumeric, "step 2");
  EXPECT_FALSE(fs::exists(out / kLearnedEmbeddings));
  training.steps = 1;
  EXPECT_ERSATZ_ERROR(train(training, one.path()), core::ExitCode::kNumeric, "step 1");
  EXPECT_FALSE(fs::exists(one / kLearnedEmbeddings));
}

TEST_F(TextualInversionTrainer, RefusesWhatCannotBeTrained) {
  const test::TemporaryFolder out;
  const auto refused = [&](const TextualInversionTraining& training, const char* text) {
    EXPECT_ERSATZ_ERROR(train(training, out.path()), core::ExitCode::kUsage, text);
  };
  refused(small_inversion(0), "at least 1");
  TextualInversionTraining training = small_inversion(2);
  training.templates = {"a photo"};
  refused(training, "no {}");
  training = small_inversion(2);
  training.token = "q";
  refused(training, "already");
  training = small_inversion(2);
  training.learning_rate.base = 0;
  refused(training, "learning rate");
  train(small_inversion(2), out.path());
  training = small_inversion(2);
  training.optimiser.weight_decay = 0.5;
  refused(training, "weight_decay");
  images_ = discs(4);
  refused(small_inversion(2), "pictures");
  images_ = {};
  refused(small_inversion(2), "at least one picture");
  images_ = discs(3);
  models::UNetConfig inpainting = model_.networks().unet->config();
  inpainting.in_channels = 9;
  model_.networks().unet = std::make_shared<models::UNet>(inpainting);
  refused(small_inversion(2), "inpainting");
}

}  // namespace
}  // namespace ersatz::train
