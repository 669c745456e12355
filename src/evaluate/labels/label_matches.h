// Which labels show an object, and which objects have a label.
#pragma once

#include <cstdint>
#include <vector>

#include "data/coco/coco_reader.h"
#include "evaluate/coco/coco_evaluation.h"

namespace ersatz::evaluate {

struct MatchedLabel {
  std::int64_t image_id = 0, category_id = 0;
  double score = 0;
  bool right = false;  // shows an object that no better label shows
};

struct MatchedObject {
  std::int64_t image_id = 0, category_id = 0;
  bool found = false;
  double overlap = 0;  // with the label that fits it best, whichever object that shows; 0: none
};

struct LabelMatches {
  std::vector<MatchedLabel> labels;    // by falling score; of equals the earlier comes first
  std::vector<MatchedObject> objects;  // in the truth's order, without crowds
};

// Labels of a picture and class, best first, each take the object they overlap most with among
// those that are left, if that is at least `overlap` (intersection over union): COCO's rule. Labels
// that overlap no object but a crowd (intersection over the label) do not count. Labels of classes
// that the truth does not have are left out. Error::internal for masks where one is missing.
LabelMatches match_labels(const data::CocoGroundTruth& truth,
                          const std::vector<data::CocoObject>& labels, CocoShape shape,
                          double overlap);

}  // namespace ersatz::evaluate
