// How well the pixels of labels and of objects agree, whichever label shows which object.
#pragma once

#include <cstdint>
#include <vector>

#include "data/coco/coco_reader.h"

namespace ersatz::evaluate {

struct MaskAgreement {
  std::int64_t image_id = 0, category_id = 0;
  double overlap = 0;  // intersection over union
};

// For every picture and class that has an object or a label: the union of the objects' masks
// against that of the labels'. 0 where one of them is empty. Left out: classes that the truth does
// not have, and pictures with a crowd of that class. Error::internal when a mask is missing.
std::vector<MaskAgreement> mask_agreement(const data::CocoGroundTruth& truth,
                                          const std::vector<data::CocoObject>& labels);

}  // namespace ersatz::evaluate
