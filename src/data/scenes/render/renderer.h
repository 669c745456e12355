// Turns a world into light on a sensor, and says what is where.
#pragma once

#include <cstdint>
#include <vector>

#include "data/scenes/render/recycled.h"
#include "data/scenes/render/visibility.h"
#include "data/scenes/render/world.h"

namespace ersatz::data::scenes {

struct ObjectPixels {
  PixelRange visible, full;  // tight; empty when there is none
  std::int64_t visible_pixels = 0, full_pixels = 0;
  float nearness = 0;  // largest 1 / distance of its points
};

struct Rendering {
  int width = 0, height = 0;
  Recycled<Rgb> light;                 // [height, width], linear
  std::vector<std::uint16_t> labels;   // [height, width]: 0, or the object's number + 1
  std::vector<std::uint8_t> coverage;  // [height, width]: samples of any object, 0..4
  std::vector<ObjectPixels> objects;   // World::objects of them
};

// Deferred shading: visibility at four points per pixel, light once per part that a pixel shows.
// An object has a pixel when it has at least two of the four points, and no other has more; of two
// equals the nearer one has it.
Rendering render(const World& world, int width, int height);

// The same without ground and backdrop: `light` is the mean over the covered samples only, so that
// together with `coverage` it is a cut-out. Ground and backdrop still light and reflect.
Rendering render_cutout(const World& world, int width, int height);

}  // namespace ersatz::data::scenes
