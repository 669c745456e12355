// Equal to pycocotools on everything that was recorded of it.
#include "evaluate/coco/coco_evaluation.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "core/file_system.h"
#include "core/json.h"
#include "evaluate/coco/coco_pictures.h"
#include "support/process_memory.h"
#include "support/test_support.h"

namespace ersatz::evaluate {
namespace {

namespace fs = std::filesystem;
using core::Json;

constexpr double kTolerance = 1e-9;

void expect_equal(const Json& expected, const CocoCurves& curves, const std::string& what) {
  const auto summary = coco_summary(curves);
  for (std::size_t i = 0; i < summary.size(); ++i) {
    EXPECT_NEAR(summary[i], expected.at("stats12")[i].get<double>(), kTolerance)
        << what << " " << coco_summary_names()[i];
  }
  for (std::size_t k = 0; k < curves.categories.size(); ++k) {
    const Json& category = expected.at("per_category").at(std::to_string(curves.categories[k]));
    const CocoCategoryScores ours = coco_category(curves, k);
    EXPECT_NEAR(ours.ap, category.at("AP").get<double>(), kTolerance) << what;
    EXPECT_NEAR(ours.ap50, category.at("AP50").get<double>(), kTolerance) << what;
    EXPECT_NEAR(ours.ar100, category.at("AR100").get<double>(), kTolerance) << what;
  }
}

TEST(CocoEvaluation, EqualsPycocotoolsOnEverySet) {
  ERSATZ_REQUIRE_SHARED(folder, "fixtures/coco");
  const Json expected = core::read_json(folder / "expected.json");
  std::size_t compared = 0;
  for (const auto& [name, of_set] : expected.items()) {
    if (name.rfind("set", 0) != 0) continue;
    for (const auto& [key, shape] :
         {std::pair{"bbox", CocoShape::kBox}, std::pair{"segm", CocoShape::kMask}}) {
      const bool masks = shape == CocoShape::kMask;
      const auto truth = data::read_coco_ground_truth(folder / (name + "_gt.json"), masks);
      const auto detections = data::read_coco_detections(
          folder / fmt::format("{}_dt_{}.json", name, key), truth, masks);
      expect_equal(of_set.at(key), evaluate_coco(truth, detections, shape), name + " " + key);
      ++compared;
    }
  }
  EXPECT_GE(compared, 40U);
}

TEST(CocoEvaluation, EqualsPycocotoolsOnCocosOwnFakes) {
  ERSATZ_REQUIRE_SHARED(folder, "data/coco_eval");
  // What cocoapi prints for its example results.
  const std::array<double, 12> boxes = {0.505, 0.697, 0.573, 0.586, 0.519, 0.501,
                                        0.387, 0.594, 0.595, 0.640, 0.566, 0.564};
  const std::array<double, 12> masks = {0.320, 0.562, 0.299, 0.387, 0.310, 0.327,
                                        0.268, 0.415, 0.417, 0.469, 0.377, 0.381};
  const fs::path truth_file = folder / "instances_val2014_100.json";
  const auto compare = [&](const char* results, CocoShape shape,
                           const std::array<double, 12>& expected) {
    const bool with_masks = shape == CocoShape::kMask;
    const auto truth = data::read_coco_ground_truth(truth_file, with_masks);
    const auto detections = data::read_coco_detections(folder / results, truth, with_masks);
    const auto summary = coco_summary(evaluate_coco(truth, detections, shape));
    for (std::size_t i = 0; i < 12; ++i) {
      EXPECT_NEAR(summary[i], expected[i], 5e-4) << results << " " << coco_summary_names()[i];
    }
  };
  compare("instances_val2014_fakebbox100_results.json", CocoShape::kBox, boxes);
  compare("instances_val2014_fakesegm100_results.json", CocoShape::kMask, masks);
}

// By hand: two objects, three detections; the second best detection is wrong.
TEST(CocoEvaluation, ByHand) {
  data::CocoGroundTruth truth;
  truth.image_ids = {1};
  truth.categories = {{7, "apple"}};
  truth.sizes = {{1, {100, 100}}};
  truth.objects = {{1, 1, 7, {0, 0, 10, 10}, 100, false, 0, {}},
                   {2, 1, 7, {50, 50, 40, 40}, 1600, false, 0, {}}};
  const std::vector<data::CocoObject> detections = {
      {1, 1, 7, {0, 0, 10, 10}, 100, false, 0.9, {}},
      {2, 1, 7, {30, 0, 10, 10}, 100, false, 0.8, {}},
      {3, 1, 7, {50, 50, 40, 40}, 1600, false, 0.7, {}}};
  const auto summary = coco_summary(evaluate_coco(truth, detections, CocoShape::kBox));
  // Precision 1 up to a recall of one half (51 steps), then 2 of 3 (50 steps).
  EXPECT_NEAR(summary[0], (51 + 50 * 2.0 / 3) / 101, 1e-12);
  EXPECT_NEAR(summary[6], 0.5, 1e-12);  // one detection
  EXPECT_NEAR(summary[8], 1, 1e-12);
  EXPECT_EQ(summary[5], -1);  // nothing large
  EXPECT_NEAR(summary[4], 1, 1e-12);
  const auto pictures = coco_pictures(truth, detections, CocoShape::kBox);
  ASSERT_EQ(pictures.size(), 1U);
  EXPECT_EQ(pictures[0].objects, 2);
  EXPECT_EQ(pictures[0].detections, 3);
  EXPECT_EQ(pictures[0].right, 2);
  EXPECT_NEAR(pictures[0].ap, summary[0], 1e-12);
}

// Categories without objects change nothing and cost next to nothing; so do those with one.
TEST(CocoEvaluation, MemoryGoesWithObjects) {
  data::CocoGroundTruth truth;
  truth.image_ids = {1};
  truth.sizes = {{1, {100, 100}}};
  truth.categories = {{7, "apple"}};
  const auto object = [](std::int64_t id, std::int64_t category, double side, double score) {
    return data::CocoObject{id, 1, category, {0, 0, side, side}, side * side, false, score, {}};
  };
  truth.objects = {object(1, 7, 10, 0), object(2, 7, 40, 0)};
  std::vector<data::CocoObject> detections = {object(1, 7, 9, 0.9), object(2, 7, 40, 0.4),
                                              object(3, 9, 40, 0.4)};
  const auto alone = coco_summary(evaluate_coco(truth, detections, CocoShape::kBox));
  for (std::int64_t id = 100; id < 2100; ++id) truth.categories[id] = "nothing";
  test::reset_peak_resident();
  const std::int64_t before = test::resident_bytes();
  const CocoCurves curves = evaluate_coco(truth, detections, CocoShape::kBox);
  EXPECT_EQ(curves.categories.size(), 2001U);
  EXPECT_EQ(curves.found.size(), 1U);
  EXPECT_EQ(coco_summary(curves), alone);
  EXPECT_EQ(coco_category(curves, 0).ap, alone[0]);
  EXPECT_EQ(coco_category(curves, 1000).ap, -1);
  EXPECT_EQ(coco_category(curves, 1000).ar100, -1);
  EXPECT_EQ(coco_precision(curves, 0, 1000, 0)[0], -1);
  for (std::int64_t id = 100; id < 2100; ++id) {
    truth.objects.push_back(object(id, id, 10, 0));
    detections.push_back(object(id, id, 9, 0.5));
  }
  const CocoCurves all = evaluate_coco(truth, detections, CocoShape::kBox);
  EXPECT_EQ(all.found.size(), 2001U);
  // At seven overlaps of ten.
  EXPECT_NEAR(coco_category(all, 1000).ap, 0.7, 1e-12);
  EXPECT_LT(test::peak_resident_bytes() - before, std::int64_t{32} << 20);
}

// A picture has the scores of a truth that has no other.
TEST(CocoEvaluation, PicturesAreScoredAsIfAlone) {
  ERSATZ_REQUIRE_SHARED(folder, "data/coco_eval");
  for (const bool masks : {false, true}) {
    const auto shape = masks ? CocoShape::kMask : CocoShape::kBox;
    const auto truth = data::read_coco_ground_truth(folder / "instances_val2014_100.json", masks);
    const auto detections = data::read_coco_detections(
        folder / fmt::format("instances_val2014_fake{}100_results.json", masks ? "segm" : "bbox"),
        truth, masks);
    const auto pictures = coco_pictures(truth, detections, shape);
    ASSERT_EQ(pictures.size(), truth.image_ids.size());
    std::int64_t objects = 0, crowds = 0, found = 0;
    for (const CocoPictureScores& picture : pictures) {
      data::CocoGroundTruth alone = truth;
      const auto elsewhere = [&](const data::CocoObject& object) {
        return object.image_id != picture.image_id;
      };
      alone.image_ids = {picture.image_id};
      alone.objects.erase(std::remove_if(alone.objects.begin(), alone.objects.end(), elsewhere),
                          alone.objects.end());
      auto seen = detections;
      seen.erase(std::remove_if(seen.begin(), seen.end(), elsewhere), seen.end());
      const auto summary = coco_summary(evaluate_coco(alone, seen, shape));
      EXPECT_NEAR(picture.ap, summary[0], 1e-12) << picture.image_id;
      EXPECT_NEAR(picture.ap50, summary[1], 1e-12) << picture.image_id;
      EXPECT_LE(picture.right, std::min(picture.objects, picture.detections));
      objects += picture.objects;
      found += picture.right;
    }
    for (const data::CocoObject& object : truth.objects) crowds += object.crowd ? 1 : 0;
    EXPECT_EQ(objects, static_cast<std::int64_t>(truth.objects.size()) - crowds);
    EXPECT_GT(found, objects / 2);
  }
}

}  // namespace
}  // namespace ersatz::evaluate
