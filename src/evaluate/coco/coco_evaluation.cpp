#include "evaluate/coco/coco_evaluation.h"

#include <optional>
#include <utility>

#include "evaluate/coco/coco_matching.h"
#include "evaluate/coco/coco_overlaps.h"
#include "evaluate/coco/coco_ranking.h"

namespace ersatz::evaluate {
namespace {

using data::CocoObject;

std::vector<PrecisionStep> steps_of(const std::array<double, kCocoRecalls>& precision) {
  std::vector<PrecisionStep> steps;
  for (std::size_t r = 0; r < kCocoRecalls; ++r) {
    if (steps.empty() || steps.back().precision != precision[r]) {
      steps.push_back({precision[r], r});
    }
    steps.back().end = r + 1;
  }
  steps.shrink_to_fit();
  return steps;
}

// Nothing when there is nothing to find.
std::optional<CocoCategoryCurves> evaluate_category(
    const std::map<std::int64_t, CocoScene>& pictures, CocoShape shape) {
  std::optional<CocoCategoryCurves> curves;
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
      if (!curves) {
        curves.emplace();
        for (auto& of_overlap : curves->recall) {
          for (auto& of_area : of_overlap) of_area.fill(-1);
        }
      }
      std::array<double, kCocoRecalls> precision{};
      for (std::size_t t = 0; t < kCocoOverlaps; ++t) {
        curves->recall[t][area][m] = ranking.curve(t, precision.data());
        if (m + 1 == kCocoMaxima) curves->precision[t][area] = steps_of(precision);
      }
    }
  }
  return curves;
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

// Of all categories, or of the given one, that have something to find.
template <typename Visit>
void each_category(const CocoCurves& curves, std::size_t category, const Visit& visit) {
  if (category == kAny) {
    for (const auto& [place, of_category] : curves.found) visit(of_category);
  } else if (const auto of_category = curves.found.find(category);
             of_category != curves.found.end()) {
    visit(of_category->second);
  }
}

// Over categories and overlaps, or those given.
double mean_precision(const CocoCurves& curves, std::size_t overlap, std::size_t area,
                      std::size_t category) {
  Mean mean;
  for (std::size_t t = 0; t < kCocoOverlaps; ++t) {
    if (overlap != kAny && t != overlap) continue;
    each_category(curves, category, [&](const CocoCategoryCurves& of_category) {
      std::size_t r = 0;
      for (const PrecisionStep& step : of_category.precision[t][area]) {
        for (; r < step.end; ++r) mean.add(step.precision);
      }
    });
  }
  return mean.value();
}

double mean_recall(const CocoCurves& curves, std::size_t area, std::size_t maximum,
                   std::size_t category) {
  Mean mean;
  for (std::size_t t = 0; t < kCocoOverlaps; ++t) {
    each_category(curves, category, [&](const CocoCategoryCurves& of_category) {
      mean.add(of_category.recall[t][area][maximum]);
    });
  }
  return mean.value();
}

}  // namespace

CocoCurves evaluate_coco(const data::CocoGroundTruth& truth,
                         const std::vector<CocoObject>& detections, CocoShape shape) {
  CocoCurves curves;
  for (const auto& [id, name] : truth.categories) curves.categories.push_back(id);
  const CocoScenes scenes = divide_scenes(truth, detections);
  for (std::size_t k = 0; k < curves.categories.size(); ++k) {
    const auto pictures = scenes.find(curves.categories[k]);
    if (pictures == scenes.end()) continue;
    std::optional<CocoCategoryCurves> found = evaluate_category(pictures->second, shape);
    if (found) curves.found.emplace_hint(curves.found.end(), k, std::move(*found));
  }
  return curves;
}

std::array<double, kCocoRecalls> coco_precision(const CocoCurves& curves, std::size_t overlap,
                                                std::size_t category, std::size_t area) {
  std::array<double, kCocoRecalls> precision{};
  precision.fill(-1);
  each_category(curves, category, [&](const CocoCategoryCurves& of_category) {
    std::size_t r = 0;
    for (const PrecisionStep& step : of_category.precision[overlap][area]) {
      for (; r < step.end; ++r) precision[r] = step.precision;
    }
  });
  return precision;
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
