// Things that stand about: what fruit lies on, and clutter that is not annotated. Centimetres.
#pragma once

#include "core/philox.h"
#include "data/scenes/render/world.h"

namespace ersatz::data::scenes {

// Each returns the height of the surface things stand on inside it.
float add_plate(World& world, float radius, core::Stream& random);
float add_basket(World& world, float radius, float wall, core::Stream& random);
float add_cutting_board(World& world, float half_width, float half_depth, core::Stream& random);

// A cup, glass, box, book or sheet of paper of no fruit's colour, within a circle of 4..8 cm round
// a place on the ground.
void add_clutter(World& world, Vec3 place, core::Stream& random);

}  // namespace ersatz::data::scenes
