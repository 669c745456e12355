// Indoor light: a room with a window or lamp, out of focus behind the table.
#pragma once

#include "core/philox.h"
#include "data/scenes/render/world.h"

namespace ersatz::data::scenes {

class Room final : public Environment {
 public:
  struct Look {
    Rgb ceiling{0.7F, 0.7F, 0.7F}, wall{0.4F, 0.38F, 0.35F}, floor{0.2F, 0.18F, 0.15F};
    Vec3 lamp{0, 0, 1};  // unit, towards the window or lamp
    Rgb lamp_light{3, 3, 3};
    float lamp_size = 0.3F;  // tangent of its angular radius
    float clutter = 0.3F;    // how uneven the wall looks
    Vec3 offset;
  };
  explicit Room(const Look& look) : look_(look) {}
  Rgb backdrop(Vec3 direction, float pixel) const override;
  Rgb reflection(Vec3 direction, float roughness) const override;

 private:
  Look look_;
};

// Window light on a table for the web, a flash or ceiling tubes for the camera; sets the world's
// light and environment. `domain` as in scenes.
void light_room(World& world, float domain, core::Stream& random);

}  // namespace ersatz::data::scenes
