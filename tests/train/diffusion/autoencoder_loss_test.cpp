#include "train/diffusion/autoencoder_loss.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

namespace ersatz::train {
namespace {

models::LatentDistribution latents(double mean, double log_variance) {
  return {torch::full({2, 4, 3, 3}, mean), torch::full({2, 4, 3, 3}, log_variance)};
}

TEST(KlDivergence, EqualsTheFormulaOfTwoNormals) {
  EXPECT_NEAR(kl_divergence(latents(0, 0)).item<double>(), 0, 1e-7);
  EXPECT_NEAR(kl_divergence(latents(1, 0)).item<double>(), 0.5, 1e-6);
  // KL(N(m, s^2) || N(0, 1)) = -log s + (s^2 + m^2) / 2 - 1/2 with m = 0.5, s = 0.1.
  EXPECT_NEAR(kl_divergence(latents(0.5, 2 * std::log(0.1))).item<double>(),
              -std::log(0.1) + (0.01 + 0.25) / 2 - 0.5, 1e-5);
}

TEST(EdgeError, IsTheMeanStepAtEveryScale) {
  // Columns 0 0 1 1: one step of 1 among three neighbours; halved in size it is one step of one.
  const torch::Tensor error = torch::tensor({0.F, 0.F, 1.F, 1.F}).expand({1, 1, 4, 4});
  EXPECT_NEAR(edge_error(error, 1).item<double>(), 1.0 / 3.0, 1e-6);
  EXPECT_NEAR(edge_error(error, 2).item<double>(), 1.0 / 3.0 + 1.0, 1e-6);
  // A step down counts like a step up, in either direction.
  EXPECT_NEAR(edge_error(-error.transpose(2, 3), 2).item<double>(), 1.0 / 3.0 + 1.0, 1e-6);
  EXPECT_EQ(edge_error(torch::full({1, 3, 8, 8}, 0.7F), 3).item<double>(), 0);
}

TEST(AutoencoderLoss, IsTheWeightedSumOfItsTerms) {
  torch::manual_seed(1);
  const torch::Tensor images = torch::rand({2, 3, 8, 8}), decoded = torch::rand({2, 3, 8, 8});
  const torch::Tensor error = decoded - images;
  const models::LatentDistribution coded = latents(0.3, -2);
  AutoencoderLossWeights weights;
  weights.absolute = 2;
  weights.squared = 3;
  weights.edges = 5;
  weights.kl = 7;
  weights.scales = 2;
  const AutoencoderLoss loss = autoencoder_loss(images, decoded, coded, weights);
  const double absolute = error.abs().mean().item<double>();
  EXPECT_NEAR(loss.total.item<double>(),
              2 * absolute + 3 * error.square().mean().item<double>() +
                  5 * edge_error(error, 2).item<double>() + 7 * kl_divergence(coded).item<double>(),
              1e-5);
  EXPECT_NEAR(loss.absolute.item<double>(), absolute, 1e-6);
  EXPECT_NEAR(loss.kl.item<double>(), kl_divergence(coded).item<double>(), 1e-6);
}

TEST(AutoencoderLoss, IsComputedInFloatForNarrowTypes) {
  const torch::Tensor images = torch::zeros({1, 3, 8, 8});
  const torch::Tensor decoded = torch::full({1, 3, 8, 8}, 0.5, torch::kBFloat16);
  const AutoencoderLoss loss = autoencoder_loss(images, decoded, latents(0, 0), {});
  EXPECT_EQ(loss.total.scalar_type(), torch::kFloat32);
  EXPECT_NEAR(loss.total.item<double>(), 0.5, 1e-6);
}

}  // namespace
}  // namespace ersatz::train
