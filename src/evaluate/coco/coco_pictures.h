// COCO's metrics picture by picture: where a detector is right and where it is not.
#pragma once

#include <cstdint>
#include <vector>

#include "data/coco/coco_reader.h"
#include "evaluate/coco/coco_evaluation.h"

namespace ersatz::evaluate {

struct CocoPictureScores {
  std::int64_t image_id = 0;
  std::int64_t objects = 0;  // no crowds
  // The 100 best of each class, without those that only found a crowd.
  std::int64_t detections = 0;
  std::int64_t right = 0;  // detections that found an object, at an overlap of 0.50
  // As if there were no other picture (pycocotools with params.imgIds = [id]): means over the
  // classes that it has objects of; -1 when it has none.
  double ap = -1, ap50 = -1;
};

// Of all pictures of the truth, ids ascending. Error::internal as evaluate_coco().
std::vector<CocoPictureScores> coco_pictures(const data::CocoGroundTruth& truth,
                                             const std::vector<data::CocoObject>& detections,
                                             CocoShape shape);

}  // namespace ersatz::evaluate
