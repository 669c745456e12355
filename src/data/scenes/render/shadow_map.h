// What the key light reaches: distances seen from the light, after Williams, SIGGRAPH 1978, with
// shadows that get softer away from what casts them (Fernando, "Percentage-closer soft shadows",
// SIGGRAPH sketches 2005).
#pragma once

#include <cstddef>
#include <vector>

#include "data/scenes/render/recycled.h"
#include "data/scenes/render/vec3.h"
#include "data/scenes/render/world.h"

namespace ersatz::data::scenes {

class ShadowMap {
 public:
  // `side`: texels of the square map, which is fitted to the parts that cast shadows.
  ShadowMap(const World& world, int side);

  // Share of the key light that arrives at a point with this unit normal, in [0, 1]; `fine`:
  // without grain, at twice the cost.
  float lit(Vec3 position, Vec3 normal, bool fine = false) const;

 private:
  void draw(Vec3 a, Vec3 b, Vec3 c);
  void summarise(float widest);
  Vec3 to_map(Vec3 position) const;  // texels, texels, height towards the light
  float covered(float x, float y, float height) const;  // share of four texels above `height`

  int side_;
  Vec3 across_, along_, towards_;
  float origin_x_ = 0, origin_y_ = 0, scale_ = 0;  // texels per unit; 0: nothing casts
  float texel_ = 0;                                // units
  float size_;
  float highest_ = 0, widest_ = 0;  // units, texels
  int blocks_ = 0;
  std::vector<float> summit_;  // per block of texels
  Recycled<float> heights_;
};

}  // namespace ersatz::data::scenes
