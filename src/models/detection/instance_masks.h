// Masks of single objects from prototypes and coefficients (Bolya et al. 2019, YOLACT).
#pragma once

#include <vector>

#include "data/coco/rle.h"
#include "models/detection/detector.h"
#include "models/detection/letterbox.h"
#include "models/detection/select.h"

namespace ersatz::models {

// Of picture `b` of the batch, one mask per detection, of the picture's size: where the sum of
// prototypes times coefficients, brought to the picture bilinearly (half-pixel centres), is above 0
// (its sigmoid above a half), inside the detection's box; may be empty. Error::internal for
// predictions without masks.
std::vector<data::Rle> instance_masks(const Predictions& predictions, std::int64_t b,
                                      const std::vector<Detection>& detections,
                                      const Letterbox& letterbox);

}  // namespace ersatz::models
