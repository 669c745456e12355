#include "evaluate/coco/coco_evaluation.h"

#include <utility>

#include "evaluate/coco/coco_matching.h"
#include "evaluate/coco/coco_overlaps.h"
#include "evaluate/coco/coco_ranking.h"

namespace ersatz::evaluate {
namespace {

using data::CocoObject;

void evaluate_category(const std::map<std::int64_t, CocoScene>& pictures, CocoShape shape,
                       std::size_t category, CocoCurves& curves) {
  std::vector<std::vector<double>> overlaps;
  for (const auto& [image, scene] : pictures) {
    overlaps.push_back(coco_overlaps(scene.detections, scene.objects, shape));
  }
  for (std::size_t area = 0; area < kCocoAreas; ++area) {
    std::vector<CocoMatches> matched;
    std::size_t next = 0;
    for (const auto& [image, scene] : pictures) {
      matched.push_back(match_scene(scene, overlaps[next++], kCocoAreaRanges[area]));
    }
    for (std::size_t m = 0; m < kCocoMaxima; ++m) {
      CocoRanking ranking(matched, kCocoMost[m]);
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
  const CocoScenes scenes = divide_scenes(truth, detections);
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
