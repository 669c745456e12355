// Road vehicles as meshes: car (hatchback), sedan, suv, pickup and bus. Metres; the front looks
// along +x, the left side along +y, and the wheels stand on z = 0.
#pragma once

#include <string>
#include <vector>

#include "core/philox.h"
#include "data/scenes/render/material.h"
#include "data/scenes/render/mesh.h"
#include "data/scenes/render/world.h"

namespace ersatz::data::scenes {

struct VehicleShape {
  std::string type;
  float length, width, height;
  float clearance;         // height of the sill
  float belt, hood, deck;  // heights: under the windows, at the nose, at the tail
  // Positions along x of the greenhouse: foot and head of windscreen and rear window.
  float screen_foot, screen_head, rear_head, rear_foot;
  float wheel_radius, front_axle, rear_axle;
  float nose_round, tail_round;  // how far the ends curve in, seen from above

  bool is_bus() const { return type == "bus"; }
};

// The usual shape of the type with the differences between models.
VehicleShape choose_shape(const std::string& type, core::Stream& random);

struct VehicleLook {
  Rgb paint;
  bool lamps_on = false;
  float lamp_power = 1;  // brightness of lamps that are on
  float dirt = 0;
};

struct VehiclePiece {
  Mesh mesh;
  const Material* material;
};

std::vector<VehiclePiece> make_vehicle(World& world, const VehicleShape& shape,
                                       const VehicleLook& look, core::Stream& random);

}  // namespace ersatz::data::scenes
