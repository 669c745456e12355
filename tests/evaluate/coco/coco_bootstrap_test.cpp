// The bootstrap over pictures: a repetition of pictures scores exactly as a set with copies of
// them.
#include "evaluate/coco/coco_bootstrap.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "core/philox.h"
#include "support/test_support.h"

namespace ersatz::evaluate {
namespace {

using data::CocoGroundTruth;
using data::CocoObject;

struct Pictures {
  CocoGroundTruth truth;
  std::vector<CocoObject> detections;
};

CocoObject object(std::int64_t id, std::int64_t image, std::int64_t category, double x, double y,
                  double side, double score = 0) {
  CocoObject made;
  made.id = id;
  made.image_id = image;
  made.category_id = category;
  made.box = {x, y, side, side};
  made.area = side * side;
  made.score = score;
  return made;
}

// Pictures 1, 2, ... with objects of two classes; of each about `share` are found, the nearer the
// better, beside false alarms.
Pictures pictures(std::int64_t count, double share, std::uint64_t seed) {
  Pictures made;
  made.truth.categories = {{1, "apple"}, {2, "leaf"}};
  core::Stream random(seed, "pictures");
  for (std::int64_t image = 1; image <= count; ++image) {
    made.truth.image_ids.push_back(image);
    made.truth.sizes[image] = {200, 200};
    for (int k = 0; k < 6; ++k) {
      const double x = 30 * k, y = random.uniform(0, 150), side = random.uniform(10, 28);
      const std::int64_t category = 1 + static_cast<std::int64_t>(random.below(2));
      made.truth.objects.push_back(object(static_cast<std::int64_t>(made.truth.objects.size()) + 1,
                                          image, category, x, y, side));
      made.truth.objects.back().crowd = random.below(12) == 0;
      if (random.uniform_double() < share) {
        const double off = random.uniform(0, 6);
        made.detections.push_back(
            object(0, image, category, x + off, y, side, random.uniform_double()));
      }
      if (random.below(3) == 0) {
        made.detections.push_back(object(0, image, category, random.uniform(0, 150),
                                         random.uniform(0, 150), 20, random.uniform_double()));
      }
    }
  }
  return made;
}

// Picture k is there times[k] times, every copy under an id of its own.
Pictures copies(const Pictures& from, const std::vector<std::int32_t>& times) {
  Pictures made;
  made.truth.categories = from.truth.categories;
  std::int64_t next = 1;
  for (std::size_t k = 0; k < times.size(); ++k) {
    for (std::int32_t copy = 0; copy < times[k]; ++copy, ++next) {
      made.truth.image_ids.push_back(next);
      for (CocoObject one : from.truth.objects) {
        if (one.image_id != from.truth.image_ids[k]) continue;
        one.id = static_cast<std::int64_t>(made.truth.objects.size()) + 1;
        one.image_id = next;
        made.truth.objects.push_back(one);
      }
      for (CocoObject one : from.detections) {
        if (one.image_id != from.truth.image_ids[k]) continue;
        one.image_id = next;
        made.detections.push_back(one);
      }
    }
  }
  return made;
}

void expect_equal(const ResampledScores& ours, const Pictures& repeated) {
  const auto summary =
      coco_summary(evaluate_coco(repeated.truth, repeated.detections, CocoShape::kBox));
  for (std::size_t m = 0; m < kResampledMeasures; ++m) EXPECT_NEAR(ours[m], summary[m], 1e-12);
}

TEST(CocoBootstrap, RepeatedPicturesScoreAsCopiesOfThem) {
  const Pictures from = pictures(9, 0.7, 1);
  const CocoResampler resampler(from.truth, from.detections, CocoShape::kBox);
  ASSERT_EQ(resampler.pictures(), 9U);
  expect_equal(resampler.scores(std::vector<std::int32_t>(9, 1)), from);
  core::Stream random(2, "times");
  for (int draw = 0; draw < 20; ++draw) {
    std::vector<std::int32_t> times(9);
    for (int i = 0; i < 9; ++i) ++times[random.below(9)];
    expect_equal(resampler.scores(times), copies(from, times));
  }
}

TEST(CocoBootstrap, NothingToFindIsNoScore) {
  Pictures from = pictures(2, 0.7, 3);
  from.truth.image_ids.push_back(3);  // an empty picture
  const CocoResampler resampler(from.truth, from.detections, CocoShape::kBox);
  EXPECT_EQ(resampler.scores({0, 0, 3})[0], -1);
  EXPECT_GE(resampler.scores({1, 0, 2})[0], 0);
  EXPECT_ERSATZ_ERROR(resampler.scores({1, 2}), core::ExitCode::kInternal, "for 3 pictures");
}

TEST(CocoBootstrap, TheIntervalHoldsTheScoreAndNarrowsWithMorePictures) {
  const auto width_of = [](std::int64_t count) {
    const Pictures from = pictures(count, 0.6, 5);
    const CocoResampler resampler(from.truth, from.detections, CocoShape::kBox);
    const ResampledEstimates estimates = resample_scores({&resampler}, 300, 7);
    const double ap =
        resampler.scores(std::vector<std::int32_t>(static_cast<std::size_t>(count), 1))[0];
    EXPECT_TRUE(estimates[0].interval.contains(ap));
    EXPECT_NEAR(estimates[0].interval.half_width(), 1.96 * estimates[0].sd, 0.35 * estimates[0].sd);
    return estimates[0].sd;
  };
  // The deviation falls with the root of the number.
  EXPECT_NEAR(width_of(10) / width_of(160), 4, 2);
}

TEST(CocoBootstrap, AGapIsPairedOverPictures) {
  const Pictures good = pictures(40, 0.9, 11);
  Pictures same = good;
  const CocoResampler left(good.truth, good.detections, CocoShape::kBox);
  // A detector against itself: no gap in any draw.
  const ResampledEstimates none = resample_gap({&left}, {&left}, 50, 1);
  EXPECT_EQ(none[0].sd, 0);
  EXPECT_EQ(none[0].interval.low, 0);
  // The same detections but for a few: pairing takes out what the pictures have in common.
  for (std::size_t k = 0; k < same.detections.size(); k += 10) same.detections[k].box.x += 100;
  const CocoResampler right(same.truth, same.detections, CocoShape::kBox);
  const ResampledEstimates gap = resample_gap({&left}, {&right}, 300, 1);
  const ResampledEstimates alone = resample_scores({&left}, 300, 1);
  EXPECT_GT(gap[0].interval.low, 0);
  EXPECT_LT(gap[0].sd, alone[0].sd);
  // Two seeds: the mean of both.
  const ResampledEstimates mean = resample_gap({&left, &left}, {&right, &left}, 300, 1);
  EXPECT_NEAR(mean[0].interval.high, gap[0].interval.high / 2, 1e-12);
}

// Copies of a picture say nothing new: drawn together they leave the interval as it is, drawn one
// by one they make it narrower.
TEST(CocoBootstrap, PicturesThatBelongTogetherAreDrawnTogether) {
  const Pictures from = pictures(15, 0.6, 19);
  const Pictures four = copies(from, std::vector<std::int32_t>(15, 4));
  std::vector<std::string> keys;
  for (int k = 0; k < 60; ++k) keys.push_back("photograph " + std::to_string(k / 4));
  const PictureGroups groups = group_pictures(keys);
  EXPECT_EQ(groups[3], 0U);
  EXPECT_EQ(groups[4], 1U);
  EXPECT_EQ(groups[59], 14U);
  const CocoResampler single(from.truth, from.detections, CocoShape::kBox);
  const CocoResampler fourfold(four.truth, four.detections, CocoShape::kBox);
  const double own = resample_scores({&single}, 200, 3)[0].sd;
  EXPECT_NEAR(resample_scores({&fourfold}, 200, 3, groups)[0].sd, own, 1e-9);
  EXPECT_LT(resample_scores({&fourfold}, 200, 3)[0].sd, 0.7 * own);
  EXPECT_EQ(resample_gap({&fourfold}, {&fourfold}, 20, 3, groups)[0].sd, 0);
  EXPECT_ERSATZ_ERROR(resample_scores({&single}, 20, 3, groups), core::ExitCode::kUsage,
                      "60 of them in groups");
  EXPECT_ERSATZ_ERROR(resample_scores({&single}, 20, 3, PictureGroups(15, 0)),
                      core::ExitCode::kUsage, "more than one group");
}

TEST(CocoBootstrap, DrawsAreThoseOfTheSeed) {
  const Pictures from = pictures(12, 0.6, 13);
  const CocoResampler resampler(from.truth, from.detections, CocoShape::kBox);
  EXPECT_EQ(to_json(resample_scores({&resampler}, 40, 1)),
            to_json(resample_scores({&resampler}, 40, 1)));
  EXPECT_NE(resample_scores({&resampler}, 40, 1)[0].sd, resample_scores({&resampler}, 40, 2)[0].sd);
}

TEST(CocoBootstrap, MistakesAreNamed) {
  const Pictures one = pictures(4, 0.6, 17), two = pictures(5, 0.6, 17);
  const CocoResampler left(one.truth, one.detections, CocoShape::kBox);
  const CocoResampler right(two.truth, two.detections, CocoShape::kBox);
  EXPECT_ERSATZ_ERROR(resample_scores({}, 40, 1), core::ExitCode::kUsage, "needs a detector");
  EXPECT_ERSATZ_ERROR(resample_scores({&left}, 3, 1), core::ExitCode::kUsage, "too few");
  EXPECT_ERSATZ_ERROR(resample_gap({&left}, {&right}, 40, 1), core::ExitCode::kUsage,
                      "over 4 pictures and over 5");
  EXPECT_ERSATZ_ERROR(resample_gap({&left}, {}, 40, 1), core::ExitCode::kUsage, "two sides");
  CocoGroundTruth empty = one.truth;
  empty.objects.clear();
  const CocoResampler nothing(empty, {}, CocoShape::kBox);
  EXPECT_ERSATZ_ERROR(resample_scores({&nothing}, 40, 1), core::ExitCode::kUsage,
                      "nothing to find");
}

}  // namespace
}  // namespace ersatz::evaluate
