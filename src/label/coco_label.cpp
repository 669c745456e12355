#include "label/coco_label.h"

namespace ersatz::label {

data::CocoObject coco_object(const ObjectLabel& label, std::int64_t image_id,
                             std::int64_t category_id) {
  data::CocoObject object;
  object.image_id = image_id;
  object.category_id = category_id;
  object.box = {static_cast<double>(label.box.x), static_cast<double>(label.box.y),
                static_cast<double>(label.box.width), static_cast<double>(label.box.height)};
  object.score = label.score;
  object.mask = label.mask;
  object.area = static_cast<double>(data::rle_area(label.mask));
  return object;
}

}  // namespace ersatz::label
