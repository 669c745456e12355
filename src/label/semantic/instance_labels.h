// Objects from what a network says of every pixel.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "label/object_label.h"

namespace ersatz::label {

// Shares in [0, 1], rows first.
struct PixelAnswers {
  int height = 0, width = 0;
  std::int64_t classes = 0;
  std::vector<float> of_classes;  // [1 + classes, H, W], nothing first; they add up to 1
  std::vector<float> interior;    // [H, W]: inside of an object, away from its edge
};

// Objects are the connected parts of the interior; a pixel that is rather something than nothing
// belongs to the nearest of them, parts without interior are objects of their own. Parts of less
// than a thousandth of the picture are left out. The class is the likeliest over the object's
// pixels, the score its mean over them. Best first; `method` becomes the labels' origin, with
// `names` of the classes. Error::internal for answers that do not fit their sizes.
std::vector<ObjectLabel> instance_labels(const PixelAnswers& answers,
                                         const std::vector<std::string>& names,
                                         const std::string& method);

}  // namespace ersatz::label
