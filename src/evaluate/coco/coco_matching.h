// Which detection finds which object, as COCO's metrics count it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "data/coco/coco_reader.h"
#include "evaluate/coco/coco_evaluation.h"

namespace ersatz::evaluate {

struct CocoAreaRange {
  double low, high;  // px, both inside
};
inline constexpr std::array<CocoAreaRange, kCocoAreas> kCocoAreaRanges = {
    {{0, 1e10}, {0, 32.0 * 32}, {32.0 * 32, 96.0 * 96}, {96.0 * 96, 1e10}}};
// Detections of one category in one picture that count at most.
inline constexpr std::array<std::size_t, kCocoMaxima> kCocoMost = {1, 10, 100};

// numpy.linspace(0.5, 0.95, 10)[i]
constexpr double coco_overlap_step(std::size_t i) {
  return i + 1 == kCocoOverlaps ? 0.95 : static_cast<double>(i) * ((0.95 - 0.5) / 9) + 0.5;
}

// Objects and detections of one category in one picture; detections by falling score, at most 100.
// They belong to what the scene was made of.
struct CocoScene {
  std::vector<const data::CocoObject*> objects, detections;
};

// Category -> picture -> what is there, both ascending. Detections of categories that the truth
// does not have are left out.
using CocoScenes = std::map<std::int64_t, std::map<std::int64_t, CocoScene>>;
CocoScenes divide_scenes(const data::CocoGroundTruth& truth,
                         const std::vector<data::CocoObject>& detections);

// One scene seen in one range of areas.
struct CocoMatches {
  std::vector<double> scores;                                         // of detections
  std::array<std::vector<std::uint8_t>, kCocoOverlaps> hit, ignored;  // of detections
  std::int64_t wanted = 0;  // objects that are not ignored
};

// `overlaps`: [detections, objects] (coco_overlaps.h).
CocoMatches match_scene(const CocoScene& scene, const std::vector<double>& overlaps,
                        const CocoAreaRange& range);

}  // namespace ersatz::evaluate
