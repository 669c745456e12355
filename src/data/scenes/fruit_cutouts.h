// Single fruits without their surroundings: the masks of the copy-paste method.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/images/rgb_image.h"
#include "data/scenes/scene.h"

namespace ersatz::data {

// A picture of one thing, cropped to it: alpha is 255 inside, 0 outside and the share of the pixel
// that is covered at the rim. Colours are not multiplied by alpha.
struct Cutout {
  std::string name;  // the class
  RgbImage colour;
  GreyImage alpha;  // same size
};

struct FruitCutoutRequest {
  std::string fruit = "orange";  // of the vocabulary of fruit scenes
  int scene_side = 128;          // px, of the pictures the cut-out is meant for
  // The longer side of an orange as a share of scene_side is drawn from this range; the other
  // fruits are to scale.
  double smallest = 0.18, largest = 0.32;
  double domain = kCameraDomain;  // light, white balance, blur and noise of that domain
};

// Cut-out `index` of the endless set (request, seed): another specimen, pose, view point and light
// each time. Throws Error::usage for an empty or impossible range of sizes, and as draw_scene does.
Cutout draw_fruit_cutout(const FruitCutoutRequest& request, std::uint64_t seed, std::int64_t index);

// `per_class` cut-outs of each of the five fruits, class after class in the vocabulary's order.
std::vector<Cutout> draw_fruit_cutouts(int per_class, int scene_side, std::uint64_t seed,
                                       double domain = kCameraDomain);

}  // namespace ersatz::data
