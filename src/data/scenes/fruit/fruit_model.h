// One fruit as a body that can be put on a table.
#pragma once

#include <string>
#include <vector>

#include "core/philox.h"
#include "data/scenes/render/material.h"
#include "data/scenes/render/mesh.h"
#include "data/scenes/render/world.h"

namespace ersatz::data::scenes {

struct FruitPiece {
  Mesh mesh;
  const Material* material;
  bool thin = false;  // a leaf: seen from both sides
};

struct Disc {
  Vec3 centre;
  float radius;
};

// In centimetres, at rest: it stands on z = 0 with its middle above the origin.
struct FruitModel {
  std::vector<FruitPiece> pieces;
  std::vector<Occluder> balls;  // that fill its volume roughly, for ambient light
  std::vector<Disc> discs;  // seen from above they fill its outline: no other fruit's may meet them
  Rgb colour;               // what it throws onto its surroundings
  float radius = 0;         // of the upright cylinder around it
  float height = 0;

  void turn(float radians);  // about the upright axis
};

struct FruitVariety {
  float tilt = 0.6F;      // radians; how far the stem may lean away from upright
  float ripeness = 0.5F;  // 0 greenish .. 1 spotted; changes colours within what a class allows
  float wear = 0.3F;      // blemishes
  float size = 1;         // factor
};

// `fruit` is a value of the vocabulary. `segments`: vertices round the body, 12 for thumbnails, 40
// for large pictures. Materials belong to `world`.
FruitModel make_fruit(World& world, const std::string& fruit, const FruitVariety& variety,
                      int segments, core::Stream& random);

}  // namespace ersatz::data::scenes
