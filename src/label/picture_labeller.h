// Whoever finds the objects in a generated picture: attention while it was made, or a segmenter
// that looks at it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/images/rgb_image.h"
#include "label/map_labels.h"
#include "label/object_label.h"

namespace ersatz::label {

// May be used from several threads at once.
class PictureLabeller {
 public:
  virtual ~PictureLabeller() = default;

  // "attention/fixed", "segmenter/yolov8l-seg": what labels name as their origin.
  virtual std::string method() const = 0;
  // Whether label() wants heat maps; capturing them costs a little while a picture is made.
  virtual bool needs_attention() const = 0;
  // The objects in a picture. `maps`: heat maps of the prompt's words at the picture's size, that
  // of its object first; none unless needs_attention().
  virtual std::vector<ObjectLabel> label(const data::RgbImage& picture,
                                         const std::vector<WordMap>& maps) const = 0;
};

// labels_of_maps(): DAAM, then the recipe. Looks at the heat maps only.
std::unique_ptr<PictureLabeller> attention_labeller(MapRecipe recipe);

}  // namespace ersatz::label
