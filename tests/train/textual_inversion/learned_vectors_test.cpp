#include "train/textual_inversion/learned_vectors.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/optim.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

#include "support/test_support.h"
#include "train/textual_inversion/concept_latents.h"
#include "train/textual_inversion/inversion_fixture.h"

namespace ersatz::train {
namespace {

constexpr std::uint64_t kSeed = 5;

class LearnedVectorsTest : public ::testing::Test {
 protected:
  LearnedVectors learned(const TextualInversionTraining& training, std::int64_t copies) {
    return {model_.networks(), cache_, empty_caption_, placeholder_, training, kSeed, copies};
  }

  test::TemporaryFolder folder_;
  test::SmallModel model_{folder_.path()};
  generate::ClipTokenizer tokenizer_ = model_.tokenizer();
  Placeholder placeholder_ = add_placeholder(tokenizer_, "<x>", "a", 2);
  std::vector<std::int64_t> empty_caption_ = tokenizer_.tokenize_padded("", 77).ids;
  LatentCache cache_ =
      concept_latents(folder_ / "latents", test::discs(3),
                      placeholder_prompts(tokenizer_, placeholder_, {"a {}", "one {} here"}, 77),
                      77, true, *model_.networks().autoencoder, tokenizer_);
};

TextualInversionTraining training_of(std::int64_t batch, std::int64_t accumulation) {
  TextualInversionTraining training = test::small_inversion(1, 2);
  training.batch_size = batch;
  training.accumulation = accumulation;
  return training;
}

// Loss of a whole table of embeddings, as diffusers computes it: the new rows are ordinary rows.
torch::Tensor loss_of_table(models::StableDiffusion& model, const torch::Tensor& table,
                            const DiffusionBatch& batch) {
  const generate::TrainingNoise noise(generate::parse_scheduler_config(model.scheduler, ""),
                                      torch::kCPU);
  const torch::Tensor embeddings = torch::embedding(table, batch.ids);
  const torch::Tensor context =
      model.text_encoder->forward_embeddings(embeddings, batch.ids).last_hidden;
  const torch::Tensor noisy = noise.add_noise(batch.latents, batch.noise, batch.timesteps);
  return torch::mse_loss(model.unet->forward(noisy, batch.timesteps.to(torch::kFloat32), context),
                         batch.noise);
}

TEST_F(LearnedVectorsTest, EqualsTrainingTheWholeTableAndPuttingOtherRowsBack) {
  const TextualInversionTraining training = training_of(2, 2);
  LearnedVectors vectors = learned(training, 1);

  const torch::Tensor own = model_.networks().text_encoder->token_table();
  const torch::Tensor begin = own[placeholder_.initializer].unsqueeze(0);
  torch::Tensor table = torch::cat({own, begin, begin}).set_requires_grad(true);
  torch::optim::AdamW adamw({table}, torch::optim::AdamWOptions(2e-2).weight_decay(1e-2));
  DiffusionBatchOptions options;
  options.step_size = training.step_size();
  options.caption_dropout = 0;
  DiffusionBatches batches(cache_, empty_caption_, options, kSeed);

  for (std::int64_t step = 0; step < 5; ++step) {
    adamw.zero_grad();
    double loss = 0;
    for (std::int64_t round = 0; round < training.accumulation; ++round) {
      const torch::Tensor part =
          loss_of_table(model_.networks(), table,
                        batches.batch(step, round * training.batch_size, training.batch_size)) /
          static_cast<double>(training.accumulation);
      part.backward();
      loss += part.item<double>();
    }
    // Every row of a token in a prompt has a gradient; decay reaches every row.
    EXPECT_GT(table.grad().narrow(0, 0, own.size(0)).abs().sum().item<double>(), 0);
    adamw.step();
    {
      const torch::NoGradGuard no_grad;
      EXPECT_FALSE(torch::equal(table.narrow(0, 0, own.size(0)), own));
      table.narrow(0, 0, own.size(0)).copy_(own);
    }
    EXPECT_NEAR(vectors.update(step, 2e-2).item<double>(), loss, 1e-6);
    const torch::Tensor expected = table.detach().narrow(0, own.size(0), 2);
    EXPECT_LE((vectors.vectors() - expected).abs().max().item<double>(), 1e-5) << step;
  }
  EXPECT_GT(vectors.distance(), 0.05);
}

TEST_F(LearnedVectorsTest, HowAStepIsDividedChangesNothingButRounding) {
  LearnedVectors whole = learned(training_of(12, 1), 1);
  const double loss = whole.update(0, 1e-3).item<double>();
  const torch::Tensor moment = whole.state().at("adam/m/vectors");  // a tenth of the gradient
  for (const auto& [batch, accumulation, copies] :
       {std::tuple{12, 1, 2}, {12, 1, 5}, {4, 3, 1}, {3, 4, 2}, {1, 12, 1}}) {
    LearnedVectors divided = learned(training_of(batch, accumulation), copies);
    EXPECT_NEAR(divided.update(0, 1e-3).item<double>(), loss, 1e-5 * loss);
    const torch::Tensor other = divided.state().at("adam/m/vectors");
    EXPECT_LE((other - moment).abs().max().item<double>(), 1e-4 * moment.abs().max().item<double>())
        << batch << " " << accumulation << " " << copies;
  }
}

TEST_F(LearnedVectorsTest, TheLossOfSamplesLearnedByHeartFalls) {
  LearnedVectors vectors = learned(training_of(8, 1), 2);
  // The same pictures, noise and timesteps at every step.
  const double before = vectors.update(0, 2e-2).item<double>();
  double after = 0;
  for (int i = 0; i < 150; ++i) after = vectors.update(0, 2e-2).item<double>();
  RecordProperty("loss", std::to_string(before) + " -> " + std::to_string(after));
  // Random networks answer with noise that hardly depends on the prompt: 2.5 % is what a vector can
  // do. learned_word_test.cpp has a network that listens.
  EXPECT_LT(after, 0.98 * before);
}

TEST_F(LearnedVectorsTest, TheFixedLossIsOfTheSameSamplesHoweverTheyAreDivided) {
  const double whole = learned(training_of(64, 1), 1).fixed_loss();
  for (const auto& [batch, copies] : {std::pair{7, 1}, {12, 2}, {1, 1}}) {
    LearnedVectors vectors = learned(training_of(batch, 1), copies);
    EXPECT_NEAR(vectors.fixed_loss(), whole, 1e-5 * whole) << batch << " " << copies;
    EXPECT_EQ(vectors.fixed_loss(), vectors.fixed_loss());
    vectors.update(0, 0.1);
    EXPECT_GT(std::abs(vectors.fixed_loss() - whole), 1e-5 * whole);
  }
}

TEST_F(LearnedVectorsTest, TheyBeginAsTheInitializersRow) {
  const LearnedVectors vectors = learned(training_of(2, 1), 1);
  const torch::Tensor row = model_.networks().text_encoder->token_table()[placeholder_.initializer];
  EXPECT_TRUE(torch::equal(vectors.vectors(), torch::stack({row, row})));
  EXPECT_EQ(vectors.distance(), 0);
  EXPECT_NEAR(vectors.length(), row.norm().item<double>(), 1e-5);
}

TEST_F(LearnedVectorsTest, NetworksInBfloat16LearnVectorsInFloat) {
  models::StableDiffusion& model = model_.networks();
  LearnedVectors exact = learned(training_of(8, 1), 2);
  const double loss = exact.update(0, 1e-2).item<double>();
  model.unet->to(torch::kBFloat16);
  model.text_encoder->to(torch::kBFloat16);
  model.text_encoder->set_compute_type(torch::kBFloat16);
  LearnedVectors rounded = learned(training_of(8, 1), 2);
  EXPECT_NEAR(rounded.update(0, 1e-2).item<double>(), loss, 0.02 * loss);
  EXPECT_EQ(rounded.vectors().scalar_type(), torch::kFloat32);
  const torch::Tensor a = exact.state().at("adam/m/vectors").flatten();
  const torch::Tensor b = rounded.state().at("adam/m/vectors").flatten();
  EXPECT_GT(torch::cosine_similarity(a, b, 0).item<double>(), 0.95);
}

TEST_F(LearnedVectorsTest, StateOfOtherVectorsIsRefused) {
  LearnedVectors vectors = learned(training_of(2, 1), 1);
  models::NamedTensors state = vectors.state();
  vectors.update(0, 1e-2);
  vectors.load(state, 0, "c.safetensors");
  EXPECT_TRUE(torch::equal(vectors.vectors(), state.at("vectors")));
  state["vectors"] = torch::zeros({1, 16});
  EXPECT_ERSATZ_ERROR(vectors.load(state, 0, "c.safetensors"), core::ExitCode::kUntrustedData,
                      "other vectors");
}

}  // namespace
}  // namespace ersatz::train
