// Four pictures around a point (Bochkovskiy et al. 2020, "YOLOv4", section 3.3), or one in the
// middle.
#pragma once

#include <array>
#include <cstdint>

#include "core/philox.h"
#include "data/detection/detection_augmentation.h"

namespace ersatz::data {

// A canvas of twice DetectionSet::size: the picture and three others drawn from the set, meeting at
// a point drawn from its middle half.
DetectionExample mosaic_example(const DetectionSet& set, std::int64_t index, core::Stream& random);

// A canvas of DetectionSet::size with the picture in the middle; half a pixel goes right and below.
DetectionExample centred_example(const DetectionSet& set, std::int64_t index);

// Crowds are no training objects: they and what lies outside the picture are dropped, the rest is
// cut off at its edges.
void keep_inside(DetectionExample& example);

}  // namespace ersatz::data
