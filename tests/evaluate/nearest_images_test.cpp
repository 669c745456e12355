#include "evaluate/nearest_images.h"

#include <cmath>

#include "evaluate/statistics.h"
#include "support/test_support.h"

namespace ersatz::evaluate {
namespace {

TEST(NearestImages, ByHand) {
  const std::vector<std::uint8_t> references = {0, 0, 0, 0, 255, 255, 255, 255, 10, 10, 10, 10};
  const std::vector<std::uint8_t> queries = {255, 255, 255, 255, 12, 10, 10, 10, 0, 0, 8, 0};
  const NearestImages found = nearest_images(queries, references, 4);
  EXPECT_EQ(found.nearest, (std::vector<std::size_t>{1, 2, 0}));
  EXPECT_EQ(found.distances[0], 0);
  EXPECT_DOUBLE_EQ(found.distances[1], 1);  // sqrt(4 / 4)
  EXPECT_DOUBLE_EQ(found.distances[2], 4);  // sqrt(64 / 4)
}

// Longer than the block after which far pictures are given up.
TEST(NearestImages, GivesUpOnlyOnPicturesThatAreFarther) {
  constexpr std::size_t kBytes = 784;
  std::vector<std::uint8_t> references(3 * kBytes, 100), query(kBytes, 100);
  for (std::size_t i = 0; i < kBytes; ++i) references[i] = 103;
  references[kBytes] = 0;              // far in its first pixel, 100 levels
  references[2 * kBytes + 700] = 101;  // nearest, and differs late
  const NearestImages found = nearest_images(query, references, kBytes);
  EXPECT_EQ(found.nearest[0], 2U);
  EXPECT_DOUBLE_EQ(found.distances[0], std::sqrt(1.0 / 784));
}

TEST(NearestImages, RefusesWhatDoesNotFit) {
  EXPECT_ERSATZ_ERROR(nearest_images({1, 2, 3}, {1, 2}, 2), core::ExitCode::kInternal, "3 and 2");
  EXPECT_ERSATZ_ERROR(nearest_images({1, 2}, {}, 2), core::ExitCode::kInternal, "0 bytes");
}

TEST(SampleQuantile, Interpolates) {
  const std::vector<double> values = {4, 1, 3, 2};
  EXPECT_DOUBLE_EQ(sample_quantile(values, 0), 1);
  EXPECT_DOUBLE_EQ(sample_quantile(values, 0.5), 2.5);
  EXPECT_DOUBLE_EQ(sample_quantile(values, 1), 4);
  EXPECT_DOUBLE_EQ(sample_quantile({7}, 0.3), 7);
  EXPECT_ERSATZ_ERROR(sample_quantile({}, 0.5), core::ExitCode::kInternal, "no values");
}

}  // namespace
}  // namespace ersatz::evaluate
