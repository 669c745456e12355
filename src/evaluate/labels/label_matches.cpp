#include "evaluate/labels/label_matches.h"

#include <algorithm>
#include <map>
#include <utility>

#include "evaluate/coco/coco_overlaps.h"

namespace ersatz::evaluate {
namespace {

using data::CocoObject;

// Objects and labels of one class in one picture, as places in their lists.
struct Scene {
  std::vector<std::size_t> objects, labels;
};

// Picture and class.
using Scenes = std::map<std::pair<std::int64_t, std::int64_t>, Scene>;

Scenes divide(const data::CocoGroundTruth& truth, const std::vector<CocoObject>& labels) {
  Scenes scenes;
  for (std::size_t i = 0; i < truth.objects.size(); ++i) {
    const CocoObject& object = truth.objects[i];
    scenes[{object.image_id, object.category_id}].objects.push_back(i);
  }
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (truth.categories.count(labels[i].category_id) == 0) continue;
    scenes[{labels[i].image_id, labels[i].category_id}].labels.push_back(i);
  }
  for (auto& [key, scene] : scenes) {
    std::stable_sort(scene.labels.begin(), scene.labels.end(), [&](std::size_t a, std::size_t b) {
      return labels[a].score > labels[b].score;
    });
  }
  return scenes;
}

std::vector<const CocoObject*> chosen(const std::vector<CocoObject>& all,
                                      const std::vector<std::size_t>& places) {
  std::vector<const CocoObject*> some;
  for (const std::size_t place : places) some.push_back(&all[place]);
  return some;
}

enum class Verdict { kRight, kWrong, kIgnored };

// The verdict on every label of a scene; marks what they show in `objects`.
std::vector<Verdict> judge(const Scene& scene, const std::vector<CocoObject>& truth,
                           const std::vector<double>& overlaps, double least,
                           std::vector<MatchedObject>& objects) {
  const std::size_t count = scene.objects.size();
  std::vector<Verdict> verdicts;
  for (std::size_t l = 0; l < scene.labels.size(); ++l) {
    std::size_t best = count;
    bool in_crowd = false;
    for (std::size_t o = 0; o < count; ++o) {
      const double overlap = overlaps[l * count + o];
      MatchedObject& object = objects[scene.objects[o]];
      if (truth[scene.objects[o]].crowd) {
        in_crowd = in_crowd || overlap >= least;
        continue;
      }
      object.overlap = std::max(object.overlap, overlap);
      if (object.found || overlap < least) continue;
      if (best == count || overlap > overlaps[l * count + best]) best = o;
    }
    if (best < count) objects[scene.objects[best]].found = true;
    verdicts.push_back(best < count ? Verdict::kRight
                                    : (in_crowd ? Verdict::kIgnored : Verdict::kWrong));
  }
  return verdicts;
}

}  // namespace

LabelMatches match_labels(const data::CocoGroundTruth& truth, const std::vector<CocoObject>& labels,
                          CocoShape shape, double overlap) {
  std::vector<MatchedObject> objects;
  for (const CocoObject& object : truth.objects) {
    objects.push_back({object.image_id, object.category_id, false, 0});
  }
  std::vector<std::pair<std::size_t, bool>> counted;  // place in `labels`, right
  for (const auto& [key, scene] : divide(truth, labels)) {
    const std::vector<double> overlaps =
        coco_overlaps(chosen(labels, scene.labels), chosen(truth.objects, scene.objects), shape);
    const std::vector<Verdict> verdicts = judge(scene, truth.objects, overlaps, overlap, objects);
    for (std::size_t l = 0; l < verdicts.size(); ++l) {
      if (verdicts[l] == Verdict::kIgnored) continue;
      counted.emplace_back(scene.labels[l], verdicts[l] == Verdict::kRight);
    }
  }
  std::sort(counted.begin(), counted.end(), [&](const auto& a, const auto& b) {
    const double x = labels[a.first].score, y = labels[b.first].score;
    return x != y ? x > y : a.first < b.first;
  });
  LabelMatches matches;
  for (const auto& [place, right] : counted) {
    const CocoObject& label = labels[place];
    matches.labels.push_back({label.image_id, label.category_id, label.score, right});
  }
  for (std::size_t i = 0; i < objects.size(); ++i) {
    if (!truth.objects[i].crowd) matches.objects.push_back(objects[i]);
  }
  return matches;
}

}  // namespace ersatz::evaluate
