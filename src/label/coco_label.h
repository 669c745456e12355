// A label as COCO's files and measures have it.
#pragma once

#include <cstdint>

#include "data/coco/coco_reader.h"
#include "label/object_label.h"

namespace ersatz::label {

// With its mask, whose area is the object's.
data::CocoObject coco_object(const ObjectLabel& label, std::int64_t image_id,
                             std::int64_t category_id);

}  // namespace ersatz::label
