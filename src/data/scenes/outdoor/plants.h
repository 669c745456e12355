// Trees and bushes at a distance. Metres.
#pragma once

#include "core/philox.h"
#include "data/scenes/render/material.h"
#include "data/scenes/render/world.h"

namespace ersatz::data::scenes {

// Leaves too far away to be told apart.
class Foliage final : public Material {
 public:
  Foliage(Rgb light, Rgb dark, Vec3 offset) : light_(light), dark_(dark), offset_(offset) {}
  void look_at(const SurfacePoint& point, SurfaceLook& look) const override;

 private:
  Rgb light_, dark_;
  Vec3 offset_;
};

// Grass, mown or a meadow: material of the ground.
class Grass final : public Material {
 public:
  Grass(Rgb light, Rgb dark, Vec3 offset) : light_(light), dark_(dark), offset_(offset) {}
  void look_at(const SurfacePoint& point, SurfaceLook& look) const override;

 private:
  Rgb light_, dark_;
  Vec3 offset_;
};

// A broad-leaved tree of this height on the ground at `place`, with a crown of a few clumps.
void add_tree(World& world, Vec3 place, float height, const Material* foliage, const Material* bark,
              core::Stream& random);

}  // namespace ersatz::data::scenes
