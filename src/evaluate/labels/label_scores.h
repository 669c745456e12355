// How good the labels of a dataset are, against labels that are known to be true: agreement of
// masks, precision and recall, average precision, and whether scores mean what they say.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/coco/coco_reader.h"
#include "evaluate/coco/coco_evaluation.h"
#include "evaluate/labels/calibration.h"

namespace ersatz::evaluate {

struct LabelScoreOptions {
  CocoShape shape = CocoShape::kMask;  // whose overlap decides whether a label is right
  double overlap = 0.5;                // intersection over union from which it is, in (0, 1]
  double confidence = 0;               // labels below it do not exist
  std::int64_t bins = 10;              // of scores, for calibration
  bool any_class = false;              // what an object is called does not matter
};

// Counts, and what follows from them.
struct LabelCounts {
  std::int64_t objects = 0, found = 0;  // crowds are not objects
  std::int64_t labels = 0, right = 0;
  std::optional<double> precision() const;  // right / labels; nothing without labels
  std::optional<double> recall() const;     // found / objects; nothing without objects
};

struct ClassScores {
  std::string name;
  LabelCounts counts;
  double ap = -1, ap50 = -1;  // -1: nothing to find
};

// Pictures that show so many objects.
struct CrowdScores {
  std::int64_t objects_each = 0, pictures = 0;
  LabelCounts counts;
  std::optional<double> mask_iou, object_iou;
};

struct LabelScores {
  std::int64_t pictures = 0, without_labels = 0;  // pictures with an object and no label
  LabelCounts counts;
  // Mean over pictures and classes (mask_agreement.h); nothing without masks.
  std::optional<double> mask_iou;
  std::int64_t mask_count = 0;  // of such means
  // Mean over objects of the overlap with the label that fits best; 0 where there is none.
  std::optional<double> object_iou;
  double ap = -1, ap50 = -1, ap75 = -1;  // COCO's; -1: nothing to find
  Calibration calibration;
  std::vector<ClassScores> classes;     // in the order of their ids
  std::vector<CrowdScores> by_objects;  // ascending; without pictures that show none
};

// Error::usage for impossible options, scores outside [0, 1], and masks where an object or a label
// has none.
LabelScores label_scores(data::CocoGroundTruth truth, std::vector<data::CocoObject> labels,
                         const LabelScoreOptions& options = {});

}  // namespace ersatz::evaluate
