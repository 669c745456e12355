#include "evaluate/coco/coco_matching.h"

#include <algorithm>
#include <numeric>

namespace ersatz::evaluate {
namespace {

using data::CocoObject;

bool outside(double area, const CocoAreaRange& range) {
  return area < range.low || area > range.high;
}

}  // namespace

CocoScenes divide_scenes(const data::CocoGroundTruth& truth,
                         const std::vector<CocoObject>& detections) {
  CocoScenes scenes;
  for (const CocoObject& object : truth.objects) {
    scenes[object.category_id][object.image_id].objects.push_back(&object);
  }
  for (const CocoObject& detection : detections) {
    if (truth.categories.count(detection.category_id) == 0) continue;
    scenes[detection.category_id][detection.image_id].detections.push_back(&detection);
  }
  for (auto& [category, pictures] : scenes) {
    for (auto& [image, scene] : pictures) {
      std::stable_sort(
          scene.detections.begin(), scene.detections.end(),
          [](const CocoObject* a, const CocoObject* b) { return a->score > b->score; });
      const auto most = kCocoMost.back();
      if (scene.detections.size() > most) scene.detections.resize(most);
    }
  }
  return scenes;
}

CocoMatches match_scene(const CocoScene& scene, const std::vector<double>& overlaps,
                        const CocoAreaRange& range) {
  const std::size_t objects = scene.objects.size(), detections = scene.detections.size();
  std::vector<std::uint8_t> skipped(objects);
  for (std::size_t g = 0; g < objects; ++g) {
    const CocoObject& object = *scene.objects[g];
    skipped[g] = object.crowd || outside(object.area, range) ? 1 : 0;
  }
  // Those that count first.
  std::vector<std::size_t> order(objects);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return skipped[a] < skipped[b]; });
  CocoMatches result;
  result.wanted = std::count(skipped.begin(), skipped.end(), 0);
  for (const CocoObject* detection : scene.detections) result.scores.push_back(detection->score);
  std::vector<std::uint8_t> taken(objects);
  for (std::size_t t = 0; t < kCocoOverlaps; ++t) {
    std::fill(taken.begin(), taken.end(), std::uint8_t{0});
    result.hit[t].assign(detections, 0);
    result.ignored[t].assign(detections, 0);
    for (std::size_t d = 0; d < detections; ++d) {
      double best = std::min(coco_overlap_step(t), 1 - 1e-10);
      std::size_t chosen = objects;
      for (const std::size_t g : order) {
        const CocoObject& object = *scene.objects[g];
        // Crowds may be found again and again.
        if (taken[g] != 0 && !object.crowd) continue;
        if (chosen != objects && skipped[chosen] == 0 && skipped[g] != 0) break;
        const double overlap = overlaps[d * objects + g];
        if (overlap < best) continue;
        best = overlap;
        chosen = g;
      }
      if (chosen != objects) {
        taken[chosen] = 1;
        result.ignored[t][d] = skipped[chosen];
        // The reference keeps the object's id here, and takes 0 for none.
        result.hit[t][d] = scene.objects[chosen]->id != 0 ? 1 : 0;
      }
      if (result.hit[t][d] == 0 && outside(scene.detections[d]->area, range)) {
        result.ignored[t][d] = 1;
      }
    }
  }
  return result;
}

}  // namespace ersatz::evaluate
