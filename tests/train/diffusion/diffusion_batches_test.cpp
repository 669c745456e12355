#include "train/diffusion/diffusion_batches.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <map>
#include <set>

#include "support/test_support.h"
#include "train/diffusion/latent_fixture.h"

namespace ersatz::train {
namespace {

using test::SmallLatents;

class DiffusionBatchesTest : public ::testing::Test {
 protected:
  DiffusionBatches batches(const DiffusionBatchOptions& options, std::uint64_t seed = 3) {
    return {latents_.cache(), latents_.empty_caption(), options, seed};
  }

  test::TemporaryFolder folder_;
  SmallLatents latents_{folder_.path(), test::captioned_discs(1), 30, /*mirrored=*/true};
};

bool same(const DiffusionBatch& a, const DiffusionBatch& b) {
  return torch::equal(a.latents, b.latents) && torch::equal(a.noise, b.noise) &&
         torch::equal(a.timesteps, b.timesteps) && torch::equal(a.ids, b.ids);
}

TEST_F(DiffusionBatchesTest, ASampleDoesNotDependOnHowTheStepIsDivided) {
  for (const auto sampling : {TimestepSampling::kUniform, TimestepSampling::kStratified}) {
    DiffusionBatchOptions options;
    options.step_size = 12;
    options.sampling = sampling;
    DiffusionBatches all = batches(options), parts = batches(options);
    for (const std::int64_t step : {0, 5, 2}) {  // epochs end within steps; any order
      const DiffusionBatch whole = all.batch(step, 0, 12);
      const DiffusionBatch first = parts.batch(step, 0, 5), rest = parts.batch(step, 5, 7);
      EXPECT_TRUE(
          same(whole,
               {torch::cat({first.latents, rest.latents}), torch::cat({first.noise, rest.noise}),
                torch::cat({first.timesteps, rest.timesteps}), torch::cat({first.ids, rest.ids})}));
    }
  }
}

TEST_F(DiffusionBatchesTest, SeedAndStepDecide) {
  const DiffusionBatch one = batches({}).batch(1, 0, 32);
  EXPECT_TRUE(same(one, batches({}).batch(1, 0, 32)));
  EXPECT_FALSE(torch::equal(one.noise, batches({}).batch(2, 0, 32).noise));
  EXPECT_FALSE(torch::equal(one.noise, batches({}, 4).batch(1, 0, 32).noise));
  // Noise and the sample of the latents are independent of each other.
  const torch::Tensor both = torch::stack({one.noise.flatten(), one.latents.flatten()});
  EXPECT_LT(std::abs(torch::corrcoef(both)[0][1].item<double>()), 0.05);
}

TEST_F(DiffusionBatchesTest, TheEmptyCaptionComesAsOftenAsAsked) {
  const torch::Tensor empty = torch::tensor(latents_.empty_caption());
  for (const double dropout : {0.0, 0.1, 0.5, 1.0}) {
    DiffusionBatchOptions options;
    options.step_size = 2000;
    options.caption_dropout = dropout;
    const DiffusionBatch batch = batches(options).batch(0, 0, 2000);
    const double share = batch.ids.eq(empty).all(1).to(torch::kFloat64).mean().item<double>();
    // Five deviations of a share of 2000.
    EXPECT_NEAR(share, dropout, 5 * std::sqrt(dropout * (1 - dropout) / 2000) + 1e-12) << dropout;
  }
}

TEST_F(DiffusionBatchesTest, TimestepsAreUniform) {
  for (const auto sampling : {TimestepSampling::kUniform, TimestepSampling::kStratified}) {
    DiffusionBatchOptions options;
    options.step_size = 4000;
    options.sampling = sampling;
    const torch::Tensor steps = batches(options).batch(0, 0, 4000).timesteps;
    EXPECT_GE(steps.min().item<std::int64_t>(), 0);
    EXPECT_LE(steps.max().item<std::int64_t>(), 999);
    const torch::Tensor counts = torch::bincount(steps.div(100, "floor"), {}, 10);
    const double spread = (counts - 400).abs().max().item<double>();
    if (sampling == TimestepSampling::kStratified) {
      EXPECT_LE(spread, 1);  // of ten equal parts each has its share
    } else {
      EXPECT_LT(spread, 100);  // five deviations
      EXPECT_GT(spread, 1);
    }
  }
  // Stratified steps are in random order, and the order changes.
  DiffusionBatchOptions options;
  options.step_size = 16;
  options.sampling = TimestepSampling::kStratified;
  DiffusionBatches stratified = batches(options);
  const torch::Tensor a = stratified.batch(0, 0, 16).timesteps.argsort();
  EXPECT_FALSE(torch::equal(a, torch::arange(16)));
  EXPECT_FALSE(torch::equal(a, stratified.batch(1, 0, 16).timesteps.argsort()));
}

TEST_F(DiffusionBatchesTest, EveryPictureAndCaptionComesAndMirrorImagesHalfOfTheTime) {
  const LatentCache& cache = latents_.cache();
  std::map<std::vector<std::int64_t>, std::int64_t> picture_of;  // by caption
  for (std::int64_t i = 0; i < cache.size(); ++i) {
    for (std::int64_t c = 0; c < cache.captions(i); ++c) {
      std::vector<std::int64_t> ids(static_cast<std::size_t>(cache.tokens()));
      cache.ids(i, c, ids.data());
      picture_of[ids] = i;
    }
  }
  ASSERT_EQ(picture_of.size(), 50U);  // 20 pictures with one caption, 10 with three
  DiffusionBatchOptions options;
  options.step_size = 3000;
  options.caption_dropout = 0;
  const DiffusionBatch batch = batches(options).batch(0, 0, 3000);
  std::map<std::vector<std::int64_t>, int> seen;
  std::map<std::int64_t, int> pictures, mirrored;
  const torch::Tensor mean = torch::empty(cache.shape()), rest = torch::empty(cache.shape());
  for (std::int64_t k = 0; k < 3000; ++k) {
    const torch::Tensor row = batch.ids[k];
    const std::int64_t* ids = row.data_ptr<std::int64_t>();
    const std::vector<std::int64_t> caption(ids, ids + cache.tokens());
    ASSERT_EQ(picture_of.count(caption), 1U);
    const std::int64_t picture = picture_of[caption];
    ++seen[caption];
    ++pictures[picture];
    // Which of the two Gaussians the latents come from.
    double distance[2] = {};
    for (const bool mirror : {false, true}) {
      if (mirror && !cache.has_mirror(picture)) continue;
      cache.latent(picture, mirror, mean.data_ptr<float>(), rest.data_ptr<float>());
      distance[mirror ? 1 : 0] =
          (batch.latents[k] / cache.scaling_factor() - mean).square().mean().item<double>();
    }
    if (cache.has_mirror(picture) && distance[1] < distance[0]) ++mirrored[picture];
  }
  EXPECT_EQ(seen.size(), 50U);
  const torch::Tensor mirrored_mean = torch::empty(cache.shape());
  const auto is_symmetric = [&](std::int64_t picture) {
    if (!cache.has_mirror(picture)) return false;
    cache.latent(picture, false, mean.data_ptr<float>(), rest.data_ptr<float>());
    cache.latent(picture, true, mirrored_mean.data_ptr<float>(), rest.data_ptr<float>());
    return (mean - mirrored_mean).abs().max().item<double>() < 0.02;
  };
  int asymmetric = 0;
  for (const auto& [picture, count] : pictures) {
    EXPECT_EQ(count, 100) << picture;     // whole epochs
    if (is_symmetric(picture)) continue;  // the two cannot be told apart
    if (cache.has_mirror(picture)) {
      EXPECT_NEAR(mirrored[picture], 50, 25) << picture;
      ++asymmetric;
    } else {
      EXPECT_EQ(mirrored[picture], 0);
    }
  }
  EXPECT_GT(asymmetric, 10);
}

TEST_F(DiffusionBatchesTest, LatentsAreSamplesOfTheGaussianTimesTheScalingFactor) {
  DiffusionBatchOptions options;
  options.step_size = 3000;
  const DiffusionBatch batch = batches(options).batch(0, 0, 3000);
  const LatentCache& cache = latents_.cache();
  // Over all pictures and mirror images: mean and variance of a mixture of Gaussians.
  const torch::Tensor mean = torch::empty(cache.shape()),
                      log_variance = torch::empty(cache.shape());
  torch::Tensor first = torch::zeros(cache.shape()), second = torch::zeros(cache.shape());
  for (std::int64_t i = 0; i < cache.size(); ++i) {
    for (const bool mirror : {false, true}) {
      cache.latent(i, mirror && cache.has_mirror(i), mean.data_ptr<float>(),
                   log_variance.data_ptr<float>());
      first += mean / 60;
      second += (mean.square() + log_variance.exp()) / 60;
    }
  }
  const torch::Tensor expected = (second - first.square()).mean() * 0.49;
  const torch::Tensor actual = batch.latents.var(0).mean();
  EXPECT_NEAR((actual / expected).item<double>(), 1.0, 0.05);
}

TEST_F(DiffusionBatchesTest, RefusesWhatCannotBe) {
  DiffusionBatchOptions options;
  options.caption_dropout = 1.5;
  EXPECT_ERSATZ_ERROR(batches(options), core::ExitCode::kUsage, "[0, 1]");
  EXPECT_ERSATZ_ERROR(parse_timestep_sampling("stratifed"), core::ExitCode::kUsage, "stratified");
}

}  // namespace
}  // namespace ersatz::train
