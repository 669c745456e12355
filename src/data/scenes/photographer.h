// Who takes the picture: where the camera stands, and what it and its software do to the light.
#pragma once

#include <vector>

#include "core/philox.h"
#include "data/scenes/painting.h"
#include "data/scenes/render/film.h"
#include "data/scenes/render/world.h"

namespace ersatz::data::scenes {

struct Ball {
  Vec3 centre;
  float radius;
};

struct Framing {
  float elevation = 1.2F;  // radians above the horizon
  float azimuth = 0;       // 0: the eye is on the side of -y, looking along +y
  float focal = 1.6F;      // in units of the smaller side of the picture
  float fill = 0.8F;       // share of the picture that the subject spans in the tighter direction
  float shift_x = 0, shift_y = 0;  // -1..1: where in the free space it is, 0 in the middle
};

// A camera from which all balls are inside the picture.
Camera frame(const std::vector<Ball>& subject, const Framing& framing, int width, int height);

// The film of a place between the domains: bright, clean, saturated and sharpened on the web;
// dimmer, with a colour cast, soft and noisy from the camera.
Film choose_film(const PaintJob& job, core::Stream& random);

}  // namespace ersatz::data::scenes
