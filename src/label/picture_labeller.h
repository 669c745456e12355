// Whoever finds the objects in a generated picture: attention while it was made, or a segmenter
// that looks at it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
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
  // Whether label() computes on all cores: then it is called between two batches of pictures, not
  // beside them.
  virtual bool runs_network() const { return false; }
  // What its labels depend on beside method(); an empty object: nothing.
  virtual core::Json settings() const { return core::Json::object(); }
  // The objects in a picture. `maps`: heat maps of the prompt's words at the picture's size, that
  // of its object first; none unless needs_attention(). `prompted`: the dataset's class that the
  // picture was made to show, if it has one.
  virtual std::vector<ObjectLabel> label(const data::RgbImage& picture,
                                         const std::vector<WordMap>& maps,
                                         std::optional<std::int64_t> prompted) const = 0;
};

// labels_of_maps(): DAAM, then the recipe. Looks at the heat maps only.
std::unique_ptr<PictureLabeller> attention_labeller(MapRecipe recipe);

}  // namespace ersatz::label
