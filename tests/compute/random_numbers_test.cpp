#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <vector>

#include "compute/noise_kernel.h"
#include "compute/random_rows.h"
#include "compute/seeding.h"

namespace ersatz::compute {
namespace {

TEST(SeedStep, NumbersDependOnSeedStreamAndStepOnly) {
  const auto draw = [](std::uint64_t seed, const char* stream, std::uint64_t step) {
    seed_step(seed, stream, step);
    return torch::rand({8});
  };
  const torch::Tensor first = draw(1, "a", 7);
  EXPECT_TRUE(torch::equal(first, draw(1, "a", 7)));
  EXPECT_FALSE(torch::equal(first, draw(2, "a", 7)));
  EXPECT_FALSE(torch::equal(first, draw(1, "b", 7)));
  EXPECT_FALSE(torch::equal(first, draw(1, "a", 8)));
}

TEST(RandomRows, RowDependsOnItsIndexOnly) {
  const torch::Tensor all = uniform_rows(40, {3, 5}, -1, 1, 9, "rows");
  EXPECT_EQ(all.sizes(), (std::vector<std::int64_t>{40, 3, 5}));
  EXPECT_TRUE(torch::equal(all.slice(0, 17, 40), uniform_rows(23, {3, 5}, -1, 1, 9, "rows", 17)));
  const torch::Tensor normal = normal_rows(40, {15}, 9, "rows");
  EXPECT_TRUE(torch::equal(normal.slice(0, 39), normal_rows(1, {15}, 9, "rows", 39)));
  EXPECT_FALSE(torch::equal(normal, normal_rows(40, {15}, 9, "other")));
}

TEST(RandomRows, RangeAndMoments) {
  const torch::Tensor uniform = uniform_rows(1000, {100}, -1, 1, 3, "u");
  EXPECT_GE(uniform.min().item<float>(), -1.0F);
  EXPECT_LT(uniform.max().item<float>(), 1.0F);
  EXPECT_NEAR(uniform.mean().item<double>(), 0.0, 0.01);
  const torch::Tensor normal = normal_rows(1000, {100}, 3, "n");
  EXPECT_NEAR(normal.mean().item<double>(), 0.0, 0.015);
  EXPECT_NEAR(normal.std().item<double>(), 1.0, 0.01);
}

std::vector<float> noise(std::int64_t size, const NoiseSettings& settings, std::int64_t split = 0,
                         std::vector<std::uint8_t>* mask = nullptr) {
  const std::vector<float> x(static_cast<std::size_t>(size), 1.0F);
  std::vector<float> y(x.size());
  if (mask != nullptr) mask->resize(x.size());
  std::uint8_t* kept = mask == nullptr ? nullptr : mask->data();
  const std::int64_t blocks = (size + kNoiseBlock - 1) / kNoiseBlock;
  noise_forward(x.data(), y.data(), kept, size, split, blocks, settings);
  noise_forward(x.data(), y.data(), kept, size, 0, split, settings);
  return y;
}

TEST(NoiseKernel, GaussianNoiseHasTheRightDistribution) {
  const std::int64_t size = 1'000'000;
  const std::vector<float> y = noise(size, {77, 1.0F, 1.0F});
  double sum = 0, squares = 0, cubes = 0, fourths = 0;
  std::int64_t beyond_one = 0, beyond_three = 0;
  for (const float value : y) {
    const double z = static_cast<double>(value) - 1.0;
    sum += z;
    squares += z * z;
    cubes += z * z * z;
    fourths += z * z * z * z;
    beyond_one += std::fabs(z) > 1.0 ? 1 : 0;
    beyond_three += std::fabs(z) > 3.0 ? 1 : 0;
  }
  const auto n = static_cast<double>(size);
  // Four standard errors of each moment.
  EXPECT_NEAR(sum / n, 0.0, 4e-3);
  EXPECT_NEAR(squares / n, 1.0, 6e-3);
  EXPECT_NEAR(cubes / n, 0.0, 16e-3);
  EXPECT_NEAR(fourths / n, 3.0, 40e-3);
  EXPECT_NEAR(static_cast<double>(beyond_one) / n, 0.31731, 2e-3);
  EXPECT_NEAR(static_cast<double>(beyond_three) / n, 0.0026998, 2.1e-4);
}

TEST(NoiseKernel, NeighboursAreNotCorrelated) {
  const std::vector<float> y = noise(200'000, {5, 1.0F, 1.0F});
  for (const std::size_t lag : {1U, 2U, 255U, 256U, 512U, 1024U}) {
    double product = 0;
    for (std::size_t i = lag; i < y.size(); ++i) {
      product += static_cast<double>(y[i] - 1.0F) * static_cast<double>(y[i - lag] - 1.0F);
    }
    EXPECT_NEAR(product / static_cast<double>(y.size() - lag), 0.0, 0.01) << "lag " << lag;
  }
}

TEST(NoiseKernel, DropoutKeepsTheShareAndScales) {
  std::vector<std::uint8_t> mask;
  const std::vector<float> y = noise(400'000, {11, 0.9F, 0.0F}, 0, &mask);
  std::int64_t kept = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    kept += mask[i];
    ASSERT_EQ(y[i], mask[i] != 0 ? 1.0F / 0.9F : 0.0F) << i;
  }
  EXPECT_NEAR(static_cast<double>(kept) / 400'000.0, 0.9, 0.002);
}

TEST(NoiseKernel, SameNumbersHoweverTheBlocksAreSplit) {
  const NoiseSettings settings{3, 0.8F, 0.5F};
  const std::vector<float> whole = noise(10'000, settings);
  EXPECT_EQ(whole, noise(10'000, settings, 4));
  // A shorter tensor is a prefix.
  const std::vector<float> shorter = noise(1500, settings);
  EXPECT_TRUE(std::equal(shorter.begin(), shorter.end(), whole.begin()));
  EXPECT_NE(whole, noise(10'000, {4, 0.8F, 0.5F}));
}

}  // namespace
}  // namespace ersatz::compute
