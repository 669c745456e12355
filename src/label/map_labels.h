// Objects from the heat map of a word (DiffuGen, unsupervised labels): Otsu's threshold,
// morphology, contours, score.
//
// `published` is the code's arithmetic to the letter (github.com/mshenoda/diffugen @ 504bc72): an
// erosion of 10 and a dilation of 7 pixels whatever the picture's size, parts of less than 50 px or
// a twentieth of the mean part left out, and a score whose term for size is about 1e-6 because it
// divides by the picture twice. Where it would stop the whole run, with no part found, this gives
// no labels. `fixed` is ours: morphology in proportion to the picture, holes filled, small parts
// left out in proportion to the largest, and a score that separates.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/images/rgb_image.h"
#include "label/object_label.h"

namespace ersatz::label {

enum class MapRecipe { kPublished, kFixed };
std::string_view map_recipe_name(MapRecipe recipe);  // "published", "fixed"
MapRecipe parse_map_recipe(std::string_view name);   // Error::unknown otherwise

// Otsu's threshold as OpenCV computes it: a pixel is bright when it is above. 0 for a map of one
// level.
double otsu_threshold(const data::GreyImage& map);

// `map`: a heat map at the picture's size, brightest where the network attended most, min-max
// scaled (label/heat_map.h). Labels are in the order of their parts' sizes, largest first; none
// when nothing stands out. Error::internal for an empty picture.
std::vector<ObjectLabel> labels_of_map(const data::GreyImage& map, std::int64_t class_index,
                                       const std::string& word, MapRecipe recipe);

struct WordMap {
  std::int64_t class_index = 0;
  std::string word;
  data::GreyImage map;
};

// Several words in one picture. `published`: each on its own, as the code would. `fixed`: a pixel
// belongs to the word whose map is brightest there.
std::vector<ObjectLabel> labels_of_maps(const std::vector<WordMap>& maps, MapRecipe recipe);

}  // namespace ersatz::label
