// Drawn apple trees with their boxes, as sets to train detectors on.
#pragma once

#include <cstdint>
#include <string>

#include "data/detection/detection_set.h"
#include "data/scenes/scene.h"

namespace ersatz::train {

// Scenes first .. first + count - 1 of `size` px, seen from near. Apples of `least` px and more are
// objects (10: the middle of a cell of 8 px lies in each); smaller ones are crowds, which are
// neither trained on nor counted as mistakes when they are found.
inline data::DetectionSet orchard_pictures(std::int64_t first, std::int64_t count, int size,
                                           int least = 10) {
  data::SceneRequest request;
  request.kind = data::SceneKind::kAppleTree;
  request.fixed = {{"shot", "close-up"}};
  request.width = request.height = size;
  data::DetectionSet set;
  set.size = size;
  set.classes = {"apple"};
  for (std::int64_t i = first; i < first + count; ++i) {
    const data::Scene scene = data::draw_scene(request, 1, i);
    std::vector<data::ObjectBox> boxes;
    for (const data::SceneObject& object : scene.objects) {
      const data::PixelBox& box = object.box;
      boxes.push_back({0, static_cast<float>(box.x), static_cast<float>(box.y),
                       static_cast<float>(box.x + box.width),
                       static_cast<float>(box.y + box.height),
                       /*crowd=*/box.width < least || box.height < least});
    }
    set.pictures.push_back(
        data::detection_picture("tree_" + std::to_string(i) + ".png", scene.image, boxes, size));
  }
  return set;
}

}  // namespace ersatz::train
