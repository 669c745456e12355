// Pictures of labels: outlines, boxes, scores, masks and heat maps drawn on the picture they belong
// to, as in DiffuGen's figures.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "data/images/rgb_image.h"
#include "data/pixel_box.h"
#include "label/object_label.h"

namespace ersatz::report {

struct DrawnObject {
  std::vector<std::vector<label::PolygonPoint>> outlines;  // px; of its parts; may be empty
  data::PixelBox box;
  std::string caption;     // "car 0.87"; ASCII (others become '?'); may be empty
  std::size_t colour = 0;  // place among seven of the palette (report/palette.h)
};

// Objects of a picture: "<word or class> <score>", a colour for each class.
std::vector<DrawnObject> drawn_objects(const std::vector<label::ObjectLabel>& labels,
                                       const std::vector<std::string>& classes);

// All of these scale the picture so that its longer side is between 256 and 512 px (by whole
// factors when it is enlarged), and draw at that size. Same input and OpenCV version, same bytes.
inline constexpr int kLargestDrawing = 512;  // px

// Outlines filled lightly, boxes, captions. `largest` (>= 256) in place of 512 for pictures that
// are looked at one by one.
data::RgbImage draw_objects(const data::RgbImage& picture, const std::vector<DrawnObject>& objects,
                            int largest = kLargestDrawing);
// The picture in grey with the objects' inside in their colours.
data::RgbImage draw_masks(const data::RgbImage& picture, const std::vector<DrawnObject>& objects);
// The map from blue (0) to red (255) over the picture. Of the picture's size: Error::internal
// otherwise.
data::RgbImage draw_heat(const data::RgbImage& picture, const data::GreyImage& heat);

// Panels side by side, separated by white: objects, masks, and for every map one. All of one
// height: Error::internal otherwise.
data::RgbImage side_by_side(const std::vector<data::RgbImage>& panels);

}  // namespace ersatz::report
