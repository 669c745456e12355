#include "evaluate/labels/label_scores_json.h"

namespace ersatz::evaluate {
namespace {

using core::Json;

Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(); }
Json precision(double value) { return value < 0 ? Json() : Json(value); }

Json counts_json(const LabelCounts& counts) {
  return {{"objects", counts.objects},
          {"found", counts.found},
          {"labels", counts.labels},
          {"right", counts.right},
          {"precision", number(counts.precision())},
          {"recall", number(counts.recall())}};
}

Json calibration_json(const Calibration& calibration) {
  Json bins = Json::array();
  for (const ReliabilityBin& bin : calibration.bins) {
    const bool empty = bin.count == 0;
    bins.push_back({{"low", bin.low},
                    {"high", bin.high},
                    {"count", bin.count},
                    {"mean_score", empty ? Json() : Json(bin.mean_score)},
                    {"precision", empty ? Json() : Json(bin.precision)}});
  }
  return {{"error", calibration.error}, {"brier", calibration.brier}, {"bins", bins}};
}

}  // namespace

Json label_scores_json(const LabelScores& scores) {
  Json json = {{"pictures", scores.pictures}, {"without_labels", scores.without_labels}};
  json.update(counts_json(scores.counts));
  json["mask_iou"] = number(scores.mask_iou);
  json["mask_count"] = scores.mask_count;
  json["object_iou"] = number(scores.object_iou);
  json["ap"] = precision(scores.ap);
  json["ap50"] = precision(scores.ap50);
  json["ap75"] = precision(scores.ap75);
  json["calibration"] = calibration_json(scores.calibration);
  json["classes"] = Json::array();
  for (const ClassScores& of_class : scores.classes) {
    Json line = {{"name", of_class.name}};
    line.update(counts_json(of_class.counts));
    line["ap"] = precision(of_class.ap);
    line["ap50"] = precision(of_class.ap50);
    json["classes"].push_back(std::move(line));
  }
  json["by_objects"] = Json::array();
  for (const CrowdScores& part : scores.by_objects) {
    Json line = {{"objects_each", part.objects_each}, {"pictures", part.pictures}};
    line.update(counts_json(part.counts));
    line["mask_iou"] = number(part.mask_iou);
    line["object_iou"] = number(part.object_iou);
    json["by_objects"].push_back(std::move(line));
  }
  return json;
}

}  // namespace ersatz::evaluate
