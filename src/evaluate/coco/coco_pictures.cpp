#include "evaluate/coco/coco_pictures.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>

#include "evaluate/coco/coco_matching.h"
#include "evaluate/coco/coco_overlaps.h"
#include "evaluate/coco/coco_ranking.h"

namespace ersatz::evaluate {
namespace {

struct Sums {
  CocoPictureScores scores;
  double ap = 0, ap50 = 0;   // sums over classes
  std::int64_t classes = 0;  // with something to find
};

void add_class(const CocoScene& scene, CocoShape shape, Sums& sums) {
  const std::vector<CocoMatches> matched = {match_scene(
      scene, coco_overlaps(scene.detections, scene.objects, shape), kCocoAreaRanges[0])};
  const std::vector<std::uint8_t>&hit = matched[0].hit[0], &ignored = matched[0].ignored[0];
  sums.scores.objects += matched[0].wanted;
  for (std::size_t d = 0; d < hit.size(); ++d) {
    if (ignored[d] != 0) continue;
    ++sums.scores.detections;
    if (hit[d] != 0) ++sums.scores.right;
  }
  CocoRanking ranking(matched, kCocoMost.back());
  if (ranking.wanted() == 0) return;
  ++sums.classes;
  for (std::size_t t = 0; t < kCocoOverlaps; ++t) {
    std::array<double, kCocoRecalls> precision{};
    ranking.curve(t, precision.data());
    const double mean = std::accumulate(precision.begin(), precision.end(), 0.0) /
                        static_cast<double>(kCocoRecalls);
    sums.ap += mean / static_cast<double>(kCocoOverlaps);
    if (t == 0) sums.ap50 += mean;
  }
}

}  // namespace

std::vector<CocoPictureScores> coco_pictures(const data::CocoGroundTruth& truth,
                                             const std::vector<data::CocoObject>& detections,
                                             CocoShape shape) {
  std::map<std::int64_t, Sums> pictures;
  for (const std::int64_t id : truth.image_ids) pictures[id].scores.image_id = id;
  for (const auto& [category, scenes] : divide_scenes(truth, detections)) {
    for (const auto& [image, scene] : scenes) add_class(scene, shape, pictures[image]);
  }
  std::vector<CocoPictureScores> all;
  for (auto& [id, sums] : pictures) {
    if (sums.classes > 0) {
      sums.scores.ap = sums.ap / static_cast<double>(sums.classes);
      sums.scores.ap50 = sums.ap50 / static_cast<double>(sums.classes);
    }
    all.push_back(sums.scores);
  }
  return all;
}

}  // namespace ersatz::evaluate
