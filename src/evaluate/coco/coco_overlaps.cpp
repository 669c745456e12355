#include "evaluate/coco/coco_overlaps.h"

#include <algorithm>

#include "core/error.h"
#include "data/coco/polygon_mask.h"

namespace ersatz::evaluate {
namespace {

using data::CocoBox;
using data::CocoObject;

double box_overlap(const CocoBox& detection, const CocoBox& object, bool crowd) {
  const double width = std::min(detection.x + detection.width, object.x + object.width) -
                       std::max(detection.x, object.x);
  const double height = std::min(detection.y + detection.height, object.y + object.height) -
                        std::max(detection.y, object.y);
  if (width <= 0 || height <= 0) return 0;
  const double both = width * height;
  const double own = detection.width * detection.height;
  const double all = crowd ? own : own + object.width * object.height - both;
  return both / all;
}

const data::Rle& mask_of(const CocoObject& object) {
  if (!object.mask) throw core::Error::internal("an object without a mask");
  return *object.mask;
}

CocoBox mask_box(const data::Rle& mask) {
  const data::PixelBox box = data::rle_box(mask);
  return {static_cast<double>(box.x), static_cast<double>(box.y), static_cast<double>(box.width),
          static_cast<double>(box.height)};
}

double mask_overlap(const data::Rle& detection, const data::Rle& object, bool crowd) {
  const data::Overlap pixels = data::overlap(detection, object);
  if (pixels.both == 0) return 0;
  const auto all = crowd ? data::rle_area(detection) : pixels.either;
  return static_cast<double>(pixels.both) / static_cast<double>(all);
}

}  // namespace

std::vector<double> coco_overlaps(const std::vector<const CocoObject*>& detections,
                                  const std::vector<const CocoObject*>& objects, CocoShape shape) {
  std::vector<double> overlaps;
  overlaps.reserve(detections.size() * objects.size());
  std::vector<CocoBox> object_boxes;
  for (const CocoObject* object : objects) {
    object_boxes.push_back(shape == CocoShape::kBox ? object->box : mask_box(mask_of(*object)));
  }
  for (const CocoObject* detection : detections) {
    const CocoBox own = shape == CocoShape::kBox ? detection->box : mask_box(mask_of(*detection));
    for (std::size_t g = 0; g < objects.size(); ++g) {
      double overlap = box_overlap(own, object_boxes[g], objects[g]->crowd);
      if (shape == CocoShape::kMask && overlap > 0) {
        overlap = mask_overlap(*detection->mask, *objects[g]->mask, objects[g]->crowd);
      }
      overlaps.push_back(overlap);
    }
  }
  return overlaps;
}

}  // namespace ersatz::evaluate
