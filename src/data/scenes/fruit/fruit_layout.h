// Where the fruits lie: beside each other, none hidden by another.
#pragma once

#include <vector>

#include "core/philox.h"
#include "data/scenes/fruit/fruit_model.h"
#include "data/scenes/render/vec3.h"

namespace ersatz::data::scenes {

struct FruitLayout {
  float gap_low = 0.1F, gap_high = 0.8F;  // cm between neighbours
  float spread = 1;                       // factor on the area they scatter over
  Vec3 towards_eye{0, 0, 1};              // unit; how much they may hide of each other follows
};

// A place on the table for every model, round the origin. The models are turned about the upright
// axis, and never meet.
std::vector<Vec3> lay_out(std::vector<FruitModel>& models, const FruitLayout& layout,
                          core::Stream& random);

}  // namespace ersatz::data::scenes
