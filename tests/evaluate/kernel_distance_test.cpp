#include "evaluate/kernel_distance.h"

#include <cmath>

#include "core/json.h"
#include "core/philox.h"
#include "support/test_support.h"

namespace ersatz::evaluate {
namespace {

std::vector<float> normal(std::size_t rows, std::size_t width, float shift, std::uint64_t seed) {
  core::Stream random(seed, "kernel-distance-test");
  std::vector<float> values;
  for (std::size_t i = 0; i < rows * width; ++i) values.push_back(random.normal() + shift);
  return values;
}

TEST(KernelDistance, EqualsNumpy) {
  const core::Json stored = core::read_json(test::fixture("metrics/distances.json")).at("kernel");
  const auto width = stored.at("width").get<std::int64_t>();
  const auto x = stored.at("x").get<std::vector<float>>();
  const auto y = stored.at("y").get<std::vector<float>>();
  EXPECT_NEAR(polynomial_mmd(x, y, width), stored.at("mmd").get<double>(), 1e-12);
  const std::vector<float> first(x.begin(), x.begin() + 15 * width);
  const std::vector<float> second(x.begin() + 15 * width, x.end());
  EXPECT_NEAR(polynomial_mmd(first, second, width), stored.at("same_distribution").get<double>(),
              1e-12);
  // Sets of equal size that fit into one subset are taken whole.
  const KernelDistance whole = kernel_distance(first, second, width);
  EXPECT_NEAR(whole.mean, stored.at("same_distribution").get<double>(), 1e-12);
  EXPECT_EQ(whole.sd, 0);
}

TEST(KernelDistance, IsZeroOnAverageForOneDistribution) {
  KernelDistanceOptions options;
  options.subsets = 50;
  options.subset_size = 60;
  const std::vector<float> a = normal(400, 6, 0, 1), b = normal(300, 6, 0, 2);
  const KernelDistance same = kernel_distance(a, b, 6, options);
  EXPECT_LT(std::abs(same.mean), 4 * same.sd / std::sqrt(50.0) + 0.02);
  const KernelDistance other = kernel_distance(a, normal(300, 6, 1, 2), 6, options);
  EXPECT_GT(other.mean, 20 * std::abs(same.mean));
  // The same seed, the same subsets.
  EXPECT_EQ(kernel_distance(a, b, 6, options).mean, same.mean);
  options.seed = 1;
  EXPECT_NE(kernel_distance(a, b, 6, options).mean, same.mean);
}

TEST(KernelDistance, RefusesWhatDoesNotFit) {
  EXPECT_ERSATZ_ERROR(polynomial_mmd({1, 2, 3}, {1, 2}, 2), core::ExitCode::kInternal, "width 2");
  EXPECT_ERSATZ_ERROR(polynomial_mmd({1}, {1, 2}, 1), core::ExitCode::kInternal, "1 features");
  KernelDistanceOptions options;
  options.subset_size = 1;
  EXPECT_ERSATZ_ERROR(kernel_distance({1, 2}, {1, 2}, 1, options), core::ExitCode::kUsage,
                      "1 vectors");
}

}  // namespace
}  // namespace ersatz::evaluate
