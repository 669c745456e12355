// COCO's detection metrics: average precision and recall over ten overlaps, three sizes and three
// numbers of detections, equal to pycocotools (cocodataset/cocoapi @ 8c9bcc3) to rounding.
//
// Objects marked as crowds and objects outside the range of sizes are ignored: finding them costs
// nothing and gains nothing. Detections are ranked by score; of equal scores the earlier in the
// file comes first.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/coco/coco_reader.h"

namespace ersatz::evaluate {

inline constexpr std::size_t kCocoOverlaps = 10;  // 0.50, 0.55, ... 0.95
inline constexpr std::size_t kCocoRecalls = 101;  // 0.00, 0.01, ... 1.00
inline constexpr std::size_t kCocoAreas = 4;      // all, small, medium, large
inline constexpr std::size_t kCocoMaxima = 3;     // at most 1, 10, 100 detections of an image

// Precision over recall goes down in few steps: `precision` from the end of the step before up to
// step `end` of recall, without it.
struct PrecisionStep {
  double precision = 0;
  std::size_t end = 0;
};

// Of a category that has something to find. The memory is that of its objects: a file may declare
// any number of categories.
struct CocoCategoryCurves {
  // [overlap][area], at most 100 detections; the last ends at kCocoRecalls. Empty where there is
  // nothing to find.
  std::array<std::array<std::vector<PrecisionStep>, kCocoAreas>, kCocoOverlaps> precision;
  // [overlap][area][maximum]; -1 where there is nothing to find.
  std::array<std::array<std::array<double, kCocoMaxima>, kCocoAreas>, kCocoOverlaps> recall;
};

struct CocoCurves {
  std::vector<std::int64_t> categories;             // ids, ascending
  std::map<std::size_t, CocoCategoryCurves> found;  // by place in `categories`
};

enum class CocoShape { kBox, kMask };

// Error::internal for masks where an object has none.
CocoCurves evaluate_coco(const data::CocoGroundTruth& truth,
                         const std::vector<data::CocoObject>& detections, CocoShape shape);

// Precision at each step of recall with at most 100 detections; -1 where there is nothing to find.
// `category`: its place in curves.categories.
std::array<double, kCocoRecalls> coco_precision(const CocoCurves& curves, std::size_t overlap,
                                                std::size_t category, std::size_t area);

// AP, AP50, AP75, AP small, medium, large; AR with 1, 10, 100 detections, AR small, medium, large.
std::array<double, 12> coco_summary(const CocoCurves& curves);
// What they are called: "AP", "AP50", ..., "ARl".
const std::array<const char*, 12>& coco_summary_names();

struct CocoCategoryScores {
  double ap = -1, ap50 = -1, ar100 = -1;
};
CocoCategoryScores coco_category(const CocoCurves& curves, std::size_t category);

}  // namespace ersatz::evaluate
