// Small scenes that look like photographs, drawn on the spot with exact ground truth: the stand-in
// for photographs and for what a text-to-image model was trained on, where nothing may be
// downloaded (profiles `mini` and `smoke`). Results obtained with them say nothing about real
// photographs; the report states that they were used.
//
// A scene has a kind (fruit on a surface, a car on a road, ...), attributes that can be seen in it
// (scene_vocabulary.h), and lies somewhere between two domains: 0 is the "web", tidy and colourful,
// what a generator was trained on; 1 is the "camera", what a user photographs and tests on: other
// surfaces, view points, scale, clutter, white balance, exposure, lens blur and sensor noise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "data/images/rgb_image.h"
#include "data/pixel_box.h"

namespace ersatz::data {

enum class SceneKind {
  kFruit,       // 1..6 fruits of one class
  kCar,         // a vehicle on a road
  kAppleTree,   // many apples among leaves
  kGarment,     // one piece of clothing
  kGrandPiano,  // the rare object
  kBackground,  // a place without any fruit or anything of its colours; no objects
  kRoad,        // where cars drive, in every light and weather, without any; no objects
};

// "fruit", "car", "apple tree", "garment", "grand piano", "background", "road".
std::string_view scene_kind_name(SceneKind kind);
// Error::unknown for other names.
SceneKind parse_scene_kind(std::string_view name);
const std::vector<SceneKind>& scene_kinds();  // all, in the order above

// Name -> value, e.g. {"fruit": "kiwi", "count": "three", "surface": "wooden table"}.
using SceneAttributes = std::map<std::string, std::string>;

inline constexpr double kWebDomain = 0, kCameraDomain = 1;
inline constexpr int kMinSceneSide = 32, kMaxSceneSide = 512;  // px

struct SceneRequest {
  SceneKind kind = SceneKind::kFruit;
  SceneAttributes fixed;          // the attributes not named here are drawn at random
  int width = 128, height = 128;  // px, each in [kMinSceneSide, kMaxSceneSide]
  double domain = kWebDomain;     // in [0, 1]; between the ends everything is a mixture
};

struct SceneObject {
  std::string name;   // the class: "orange", "suv", "apple", "t-shirt", "grand piano"
  PixelBox box;       // of the pixels that can be seen, tight
  PixelBox full_box;  // of the pixels that could be seen were nothing in front; contains `box`
  std::int64_t visible_pixels = 0;  // >= 1: what cannot be seen at all is not listed
  std::int64_t full_pixels = 0;     // >= visible_pixels; inside the picture
};

struct Scene {
  RgbImage image;
  std::vector<SceneObject> objects;  // from the nearest to the farthest; at most 65,535
  // [height, width]: 0 where no object is seen, k + 1 where objects[k] covers half of the pixel or
  // more and the most of all. Exact before the blur of the lens.
  std::vector<std::uint16_t> instances;
  SceneAttributes attributes;  // of this kind's vocabulary, all of them
  std::string caption;         // one of scene_captions(kind, attributes)
};

// Scene `index` of the endless set (request, seed). Depends on its arguments only, and may be
// called from several threads at once. A fixed attribute leaves the others as they would have been,
// unless they would contradict it. Throws Error::usage for a size or domain outside its range, for
// a negative index and for fixed attributes that exclude each other; Error::unknown for an
// attribute or value that this kind does not have.
Scene draw_scene(const SceneRequest& request, std::uint64_t seed, std::int64_t index);

// What that scene is said to be, without drawing it: thousands of times faster.
struct SceneDescription {
  SceneAttributes attributes;
  std::string caption;
};
SceneDescription describe_scene(const SceneRequest& request, std::uint64_t seed,
                                std::int64_t index);

// [height, width]: 255 where objects[object] is seen, 0 elsewhere.
GreyImage instance_mask(const Scene& scene, std::size_t object);

}  // namespace ersatz::data
