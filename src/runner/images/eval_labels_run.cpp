#include "runner/images/eval_labels_run.h"

#include <fmt/format.h>

#include <cstdio>
#include <map>

#include "core/log.h"
#include "evaluate/labels/dataset_comparison.h"
#include "evaluate/labels/label_scores.h"
#include "evaluate/labels/label_scores_json.h"
#include "label/dataset/read_dataset.h"

namespace ersatz::runner {
namespace {

using evaluate::DatasetComparison;
using evaluate::LabelCounts;
using evaluate::LabelScores;

label::LabelledDataset read(const std::string& path, const std::string& format) {
  return label::read_dataset(path, format.empty() ? label::guess_format(path) : format);
}

std::map<std::string, std::string> renamed_classes(const EvalLabelsCommand& options) {
  std::map<std::string, std::string> renamed;
  for (const std::string& pair : options.renamed) {
    const std::size_t equals = pair.find('=');
    renamed[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return renamed;
}

void warn(const DatasetComparison& comparison) {
  if (comparison.pictures_without_truth > 0) {
    core::log_warning(fmt::format("{} labelled pictures are not in the ground truth: left out",
                                  comparison.pictures_without_truth));
  }
  if (comparison.pictures_without_labels > 0) {
    core::log_warning(
        fmt::format("{} pictures of the ground truth are not among the labelled ones: counted as "
                    "pictures without labels",
                    comparison.pictures_without_labels));
  }
  if (comparison.resized > 0) {
    core::log_warning(fmt::format("{} pictures have labels of another size: scaled to the truth's",
                                  comparison.resized));
  }
  for (const auto& [name, count] : comparison.unknown_classes) {
    core::log_warning(fmt::format(
        "{} labels of class '{}', which the ground truth does not have: left out (--map "
        "{}=CLASS, or --any-class)",
        count, name, name));
  }
}

std::string text(const std::optional<double>& value) {
  return value ? fmt::format("{:.4f}", *value) : "-";
}

std::string precision_text(double value) {
  return text(value < 0 ? std::nullopt : std::optional<double>(value));
}

void print_counts(const LabelCounts& counts) {
  std::printf("  %-12s %7s  %lld of %lld labels are right\n", "precision",
              text(counts.precision()).c_str(), static_cast<long long>(counts.right),
              static_cast<long long>(counts.labels));
  std::printf("  %-12s %7s  %lld of %lld objects are found\n", "recall",
              text(counts.recall()).c_str(), static_cast<long long>(counts.found),
              static_cast<long long>(counts.objects));
}

void print_calibration(const evaluate::Calibration& calibration) {
  std::printf("\n  %-12s %7s %7s %7s\n", "scores", "labels", "mean", "right");
  for (const evaluate::ReliabilityBin& bin : calibration.bins) {
    if (bin.count == 0) continue;
    std::printf("  %.2f - %.2f  %7lld %7.4f %7.4f\n", bin.low, bin.high,
                static_cast<long long>(bin.count), bin.mean_score, bin.precision);
  }
}

void print(const LabelScores& scores, const EvalLabelsCommand& options) {
  std::printf("%lld pictures, %lld objects, %lld labels, %s, overlap %g\n",
              static_cast<long long>(scores.pictures),
              static_cast<long long>(scores.counts.objects),
              static_cast<long long>(scores.counts.labels),
              options.shape == "mask" ? "masks" : "boxes", options.overlap);
  if (scores.mask_iou) {
    std::printf("  %-12s %7s  union of masks, mean over pictures and classes\n", "mask IoU",
                text(scores.mask_iou).c_str());
  }
  std::printf("  %-12s %7s  with the label that fits best, mean over objects\n", "object IoU",
              text(scores.object_iou).c_str());
  print_counts(scores.counts);
  std::printf("  %-12s %7s  overlap 0.50:0.95; at 0.50 %s, at 0.75 %s\n", "AP",
              precision_text(scores.ap).c_str(), precision_text(scores.ap50).c_str(),
              precision_text(scores.ap75).c_str());
  std::printf("  %-12s %7.4f  calibration error of scores; Brier %.4f\n", "ECE",
              scores.calibration.error, scores.calibration.brier);
  if (scores.classes.size() > 1) {
    std::printf("\n  %-20s %7s %9s %7s %7s %7s\n", "class", "objects", "precision", "recall", "AP",
                "AP50");
    for (const evaluate::ClassScores& part : scores.classes) {
      std::printf("  %-20s %7lld %9s %7s %7s %7s\n", part.name.c_str(),
                  static_cast<long long>(part.counts.objects),
                  text(part.counts.precision()).c_str(), text(part.counts.recall()).c_str(),
                  precision_text(part.ap).c_str(), precision_text(part.ap50).c_str());
    }
  }
  std::printf("\n  %-20s %8s %9s %7s %8s\n", "objects in a picture", "pictures", "precision",
              "recall", "mask IoU");
  for (const evaluate::CrowdScores& part : scores.by_objects) {
    std::printf("  %-20lld %8lld %9s %7s %8s\n", static_cast<long long>(part.objects_each),
                static_cast<long long>(part.pictures), text(part.counts.precision()).c_str(),
                text(part.counts.recall()).c_str(), text(part.mask_iou).c_str());
  }
  print_calibration(scores.calibration);
}

}  // namespace

void run_eval_labels(const EvalLabelsCommand& options) {
  check_eval_labels(options);
  const bool masks = options.shape == "mask";
  const DatasetComparison comparison = evaluate::compare_datasets(
      read(options.truth, options.truth_format), read(options.labels, options.labels_format),
      renamed_classes(options), masks, options.any_class);
  warn(comparison);
  evaluate::LabelScoreOptions how;
  how.shape = masks ? evaluate::CocoShape::kMask : evaluate::CocoShape::kBox;
  how.overlap = options.overlap;
  how.confidence = options.confidence;
  how.bins = options.bins;
  how.any_class = options.any_class;
  const LabelScores scores = evaluate::label_scores(comparison.truth, comparison.labels, how);
  if (options.json) {
    core::Json json = {{"shape", options.shape}, {"overlap", options.overlap}};
    json.update(evaluate::label_scores_json(scores));
    json["pictures_without_truth"] = comparison.pictures_without_truth;
    json["unknown_classes"] = comparison.unknown_classes;
    std::printf("%s\n", json.dump(2).c_str());
  } else {
    print(scores, options);
  }
}

}  // namespace ersatz::runner
