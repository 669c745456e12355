// A grand piano as a mesh. The keyboard is towards -y, the treble towards +x; it stands on z = 0.
#pragma once

#include <vector>

#include "core/philox.h"
#include "data/scenes/render/material.h"
#include "data/scenes/render/mesh.h"
#include "data/scenes/render/world.h"

namespace ersatz::data::scenes {

struct PianoPiece {
  Mesh mesh;
  const Material* material;
};

// `unit`: how many units of the world a metre has. The lid stands open.
std::vector<PianoPiece> make_grand_piano(World& world, Rgb lacquer, bool wooden, float unit,
                                         core::Stream& random);

}  // namespace ersatz::data::scenes
