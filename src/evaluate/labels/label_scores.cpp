#include "evaluate/labels/label_scores.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/error.h"
#include "evaluate/labels/label_matches.h"
#include "evaluate/labels/mask_agreement.h"

namespace ersatz::evaluate {
namespace {

using data::CocoObject;

void check(const data::CocoGroundTruth& truth, const std::vector<CocoObject>& labels,
           const LabelScoreOptions& options) {
  if (!(options.overlap > 0 && options.overlap <= 1)) {
    throw core::Error::usage(
        fmt::format("overlap {} is not above 0 and at most 1", options.overlap));
  }
  if (!(options.confidence >= 0 && options.confidence <= 1)) {
    throw core::Error::usage(fmt::format("confidence {} is not within [0, 1]", options.confidence));
  }
  if (options.shape == CocoShape::kBox) return;
  const auto has_none = [](const CocoObject& object) { return !object.mask; };
  const auto without = std::count_if(truth.objects.begin(), truth.objects.end(), has_none) +
                       std::count_if(labels.begin(), labels.end(), has_none);
  if (without > 0) {
    throw core::Error::usage(fmt::format("{} objects have a box and no mask", without),
                             "compare boxes: --shape box");
  }
}

void forget_classes(data::CocoGroundTruth& truth, std::vector<CocoObject>& labels) {
  truth.categories = {{1, "object"}};
  for (CocoObject& object : truth.objects) object.category_id = 1;
  for (CocoObject& label : labels) label.category_id = 1;
}

class Mean {
 public:
  void add(double value) {
    sum_ += value;
    ++count_;
  }
  std::int64_t count() const { return count_; }
  std::optional<double> value() const {
    if (count_ == 0) return std::nullopt;
    return sum_ / static_cast<double>(count_);
  }

 private:
  double sum_ = 0;
  std::int64_t count_ = 0;
};

// Scores of a part of the pictures or of one class, while they are added up.
struct Sums {
  LabelCounts counts;
  Mean masks, objects;

  void add(const MatchedLabel& label) {
    ++counts.labels;
    counts.right += label.right ? 1 : 0;
  }
  void add(const MatchedObject& object) {
    ++counts.objects;
    counts.found += object.found ? 1 : 0;
    objects.add(object.overlap);
  }
};

// How many objects each picture shows.
std::map<std::int64_t, std::int64_t> objects_each(const data::CocoGroundTruth& truth) {
  std::map<std::int64_t, std::int64_t> counts;
  for (const CocoObject& object : truth.objects) {
    if (!object.crowd) ++counts[object.image_id];
  }
  return counts;
}

std::int64_t pictures_without_labels(const std::map<std::int64_t, std::int64_t>& objects,
                                     const std::vector<CocoObject>& labels) {
  std::map<std::int64_t, std::int64_t> left = objects;
  for (const CocoObject& label : labels) left.erase(label.image_id);
  return static_cast<std::int64_t>(left.size());
}

}  // namespace

std::optional<double> LabelCounts::precision() const {
  if (labels == 0) return std::nullopt;
  return static_cast<double>(right) / static_cast<double>(labels);
}

std::optional<double> LabelCounts::recall() const {
  if (objects == 0) return std::nullopt;
  return static_cast<double>(found) / static_cast<double>(objects);
}

LabelScores label_scores(data::CocoGroundTruth truth, std::vector<CocoObject> labels,
                         const LabelScoreOptions& options) {
  check(truth, labels, options);
  if (options.any_class) forget_classes(truth, labels);
  labels.erase(
      std::remove_if(labels.begin(), labels.end(),
                     [&](const CocoObject& label) { return label.score < options.confidence; }),
      labels.end());
  const bool masks = options.shape == CocoShape::kMask;
  const LabelMatches matches = match_labels(truth, labels, options.shape, options.overlap);
  const std::map<std::int64_t, std::int64_t> each = objects_each(truth);
  const auto shown = [&](std::int64_t image) { return each.count(image) ? each.at(image) : 0; };

  Sums all;
  std::map<std::int64_t, Sums> by_class, by_objects;
  std::vector<ScoredAnswer> answers;
  for (const MatchedLabel& label : matches.labels) {
    for (Sums* sums : {&all, &by_class[label.category_id], &by_objects[shown(label.image_id)]}) {
      sums->add(label);
    }
    answers.push_back({label.score, label.right});
  }
  for (const MatchedObject& object : matches.objects) {
    for (Sums* sums : {&all, &by_class[object.category_id], &by_objects[shown(object.image_id)]}) {
      sums->add(object);
    }
  }
  if (masks) {
    for (const MaskAgreement& agreement : mask_agreement(truth, labels)) {
      all.masks.add(agreement.overlap);
      by_objects[shown(agreement.image_id)].masks.add(agreement.overlap);
    }
  }

  LabelScores scores;
  scores.pictures = static_cast<std::int64_t>(truth.image_ids.size());
  scores.without_labels = pictures_without_labels(each, labels);
  scores.counts = all.counts;
  scores.mask_iou = all.masks.value();
  scores.mask_count = all.masks.count();
  scores.object_iou = all.objects.value();
  scores.calibration = calibration(answers, options.bins);
  const CocoCurves curves = evaluate_coco(truth, labels, options.shape);
  const auto summary = coco_summary(curves);
  scores.ap = summary[0];
  scores.ap50 = summary[1];
  scores.ap75 = summary[2];
  for (std::size_t k = 0; k < curves.categories.size(); ++k) {
    const std::int64_t id = curves.categories[k];
    const CocoCategoryScores category = coco_category(curves, k);
    scores.classes.push_back(
        {truth.categories.at(id), by_class[id].counts, category.ap, category.ap50});
  }
  std::map<std::int64_t, std::int64_t> pictures;
  for (const auto& [image, count] : each) ++pictures[count];
  for (const auto& [count, number] : pictures) {
    const Sums& sums = by_objects[count];
    scores.by_objects.push_back(
        {count, number, sums.counts, sums.masks.value(), sums.objects.value()});
  }
  return scores;
}

}  // namespace ersatz::evaluate
