#include "evaluate/coco/coco_evaluation.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "evaluate/coco/coco_overlaps.h"

namespace ersatz::evaluate {
namespace {

using data::CocoObject;

constexpr std::array<int, kCocoMaxima> kMaxima = {1, 10, 100};
struct AreaRange {
  double low, high;
};
constexpr std::array<AreaRange, kCocoAreas> kAreas = {
    {{0, 1e10}, {0, 32.0 * 32}, {32.0 * 32, 96.0 * 96}, {96.0 * 96, 1e10}}};

bool outside(double area, const AreaRange& range) { return area < range.low || area > range.high; }

// numpy.linspace(0.5, 0.95, 10) and (0, 1, 101).
double overlap_step(std::size_t i) {
  return i + 1 == kCocoOverlaps ? 0.95 : static_cast<double>(i) * ((0.95 - 0.5) / 9) + 0.5;
}
double recall_step(std::size_t i) {
  return i + 1 == kCocoRecalls ? 1.0 : static_cast<double>(i) * 0.01;
}

// Objects and detections of one category in one picture; detections by falling score, at most 100.
struct Scene {
  std::vector<const CocoObject*> objects, detections;
};

// One scene seen in one range of areas.
struct Matched {
  std::vector<double> scores;                                         // of detections
  std::array<std::vector<std::uint8_t>, kCocoOverlaps> hit, ignored;  // of detections
  std::int64_t wanted = 0;  // objects that are not ignored
};

Matched match(const Scene& scene, const std::vector<double>& overlaps, const AreaRange& range) {
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
  Matched result;
  result.wanted = std::count(skipped.begin(), skipped.end(), 0);
  for (const CocoObject* detection : scene.detections) result.scores.push_back(detection->score);
  std::vector<std::uint8_t> taken(objects);
  for (std::size_t t = 0; t < kCocoOverlaps; ++t) {
    std::fill(taken.begin(), taken.end(), std::uint8_t{0});
    result.hit[t].assign(detections, 0);
    result.ignored[t].assign(detections, 0);
    for (std::size_t d = 0; d < detections; ++d) {
      double best = std::min(overlap_step(t), 1 - 1e-10);
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

// Everything of one category in one range of areas, with at most `most` detections of a picture.
class Ranking {
 public:
  Ranking(const std::vector<Matched>& scenes, std::size_t most) : scenes_(scenes) {
    for (std::size_t s = 0; s < scenes.size(); ++s) {
      wanted_ += scenes[s].wanted;
      const std::size_t count = std::min(most, scenes[s].scores.size());
      for (std::size_t d = 0; d < count; ++d) entries_.push_back({scenes[s].scores[d], s, d});
    }
    std::stable_sort(entries_.begin(), entries_.end(),
                     [](const Entry& a, const Entry& b) { return a.score > b.score; });
  }

  std::int64_t wanted() const { return wanted_; }

  // Precision and score at every recall step, and the recall reached.
  double curve(std::size_t overlap, double* precision, double* scores) {
    recalls_.clear();
    precisions_.clear();
    double right = 0, wrong = 0;
    for (const Entry& entry : entries_) {
      const Matched& scene = scenes_[entry.scene];
      if (scene.ignored[overlap][entry.detection] == 0) {
        (scene.hit[overlap][entry.detection] != 0 ? right : wrong) += 1;
      }
      recalls_.push_back(right / static_cast<double>(wanted_));
      precisions_.push_back(right / (wrong + right + std::numeric_limits<double>::epsilon()));
    }
    for (std::size_t i = precisions_.size(); i > 1; --i) {
      precisions_[i - 2] = std::max(precisions_[i - 2], precisions_[i - 1]);
    }
    std::size_t at = 0;
    for (std::size_t r = 0; r < kCocoRecalls; ++r) {
      while (at < recalls_.size() && recalls_[at] < recall_step(r)) ++at;
      precision[r] = at < recalls_.size() ? precisions_[at] : 0;
      scores[r] = at < recalls_.size() ? entries_[at].score : 0;
    }
    return recalls_.empty() ? 0 : recalls_.back();
  }

 private:
  struct Entry {
    double score;
    std::size_t scene, detection;
  };

  const std::vector<Matched>& scenes_;
  std::vector<Entry> entries_;
  std::int64_t wanted_ = 0;
  std::vector<double> recalls_, precisions_;
};

// Category -> picture -> what is there, pictures ascending.
using Scenes = std::map<std::int64_t, std::map<std::int64_t, Scene>>;

Scenes divide(const data::CocoGroundTruth& truth, const std::vector<CocoObject>& detections) {
  Scenes scenes;
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
      const auto most = static_cast<std::size_t>(kMaxima.back());
      if (scene.detections.size() > most) scene.detections.resize(most);
    }
  }
  return scenes;
}

void evaluate_category(const std::map<std::int64_t, Scene>& pictures, CocoShape shape,
                       std::size_t category, CocoCurves& curves) {
  std::vector<std::vector<double>> overlaps;
  for (const auto& [image, scene] : pictures) {
    overlaps.push_back(coco_overlaps(scene.detections, scene.objects, shape));
  }
  for (std::size_t area = 0; area < kCocoAreas; ++area) {
    std::vector<Matched> matched;
    std::size_t next = 0;
    for (const auto& [image, scene] : pictures) {
      matched.push_back(match(scene, overlaps[next++], kAreas[area]));
    }
    for (std::size_t m = 0; m < kCocoMaxima; ++m) {
      Ranking ranking(matched, static_cast<std::size_t>(kMaxima[m]));
      if (ranking.wanted() == 0) continue;
      std::array<double, kCocoRecalls> precision{}, scores{};
      for (std::size_t t = 0; t < kCocoOverlaps; ++t) {
        curves.recall[curves.recall_index(t, category, area, m)] =
            ranking.curve(t, precision.data(), scores.data());
        for (std::size_t r = 0; r < kCocoRecalls; ++r) {
          const std::size_t at = curves.precision_index(t, r, category, area, m);
          curves.precision[at] = precision[r];
          curves.scores[at] = scores[r];
        }
      }
    }
  }
}

// The mean of what is there, -1 when nothing is.
class Mean {
 public:
  void add(double value) {
    if (value <= -1) return;
    sum_ += value;
    ++count_;
  }
  double value() const { return count_ == 0 ? -1 : sum_ / static_cast<double>(count_); }

 private:
  double sum_ = 0;
  std::int64_t count_ = 0;
};

constexpr std::size_t kAny = ~std::size_t{0};

// Over categories and overlaps, or those given.
double mean_precision(const CocoCurves& curves, std::size_t overlap, std::size_t area,
                      std::size_t category) {
  Mean mean;
  for (std::size_t t = 0; t < kCocoOverlaps; ++t) {
    if (overlap != kAny && t != overlap) continue;
    for (std::size_t k = 0; k < curves.categories.size(); ++k) {
      if (category != kAny && k != category) continue;
      for (std::size_t r = 0; r < kCocoRecalls; ++r) {
        mean.add(curves.precision[curves.precision_index(t, r, k, area, kCocoMaxima - 1)]);
      }
    }
  }
  return mean.value();
}

double mean_recall(const CocoCurves& curves, std::size_t area, std::size_t maximum,
                   std::size_t category) {
  Mean mean;
  for (std::size_t t = 0; t < kCocoOverlaps; ++t) {
    for (std::size_t k = 0; k < curves.categories.size(); ++k) {
      if (category != kAny && k != category) continue;
      mean.add(curves.recall[curves.recall_index(t, k, area, maximum)]);
    }
  }
  return mean.value();
}

}  // namespace

CocoCurves evaluate_coco(const data::CocoGroundTruth& truth,
                         const std::vector<CocoObject>& detections, CocoShape shape) {
  CocoCurves curves;
  for (const auto& [id, name] : truth.categories) curves.categories.push_back(id);
  const std::size_t cells = kCocoOverlaps * curves.categories.size() * kCocoAreas * kCocoMaxima;
  curves.precision.assign(cells * kCocoRecalls, -1);
  curves.scores.assign(cells * kCocoRecalls, -1);
  curves.recall.assign(cells, -1);
  const Scenes scenes = divide(truth, detections);
  for (std::size_t k = 0; k < curves.categories.size(); ++k) {
    const auto pictures = scenes.find(curves.categories[k]);
    if (pictures != scenes.end()) evaluate_category(pictures->second, shape, k, curves);
  }
  return curves;
}

std::array<double, 12> coco_summary(const CocoCurves& curves) {
  constexpr std::size_t k50 = 0, k75 = 5;
  std::array<double, 12> summary{};
  summary[0] = mean_precision(curves, kAny, 0, kAny);
  summary[1] = mean_precision(curves, k50, 0, kAny);
  summary[2] = mean_precision(curves, k75, 0, kAny);
  for (std::size_t area = 1; area < kCocoAreas; ++area) {
    summary[2 + area] = mean_precision(curves, kAny, area, kAny);
    summary[8 + area] = mean_recall(curves, area, kCocoMaxima - 1, kAny);
  }
  for (std::size_t m = 0; m < kCocoMaxima; ++m) summary[6 + m] = mean_recall(curves, 0, m, kAny);
  return summary;
}

const std::array<const char*, 12>& coco_summary_names() {
  static const std::array<const char*, 12> names = {"AP",  "AP50", "AP75",  "APs", "APm", "APl",
                                                    "AR1", "AR10", "AR100", "ARs", "ARm", "ARl"};
  return names;
}

CocoCategoryScores coco_category(const CocoCurves& curves, std::size_t category) {
  return {mean_precision(curves, kAny, 0, category), mean_precision(curves, 0, 0, category),
          mean_recall(curves, 0, kCocoMaxima - 1, category)};
}

}  // namespace ersatz::evaluate
