// Trees and bushes at a distance. Metres.
#pragma once

#include <array>

#include "core/philox.h"
#include "data/scenes/render/material.h"
#include "data/scenes/render/mesh.h"
#include "data/scenes/render/world.h"

namespace ersatz::data::scenes {

// Leaves too far away to be told apart.
class Foliage final : public Material {
 public:
  // `fineness`: 1 for a tree at the roadside; larger for smaller leaves.
  Foliage(Rgb light, Rgb dark, Vec3 offset, float fineness = 1)
      : light_(light), dark_(dark), offset_(offset), fineness_(fineness) {}
  void look_at(const SurfacePoint& point, SurfaceLook& look) const override;

 private:
  Rgb light_, dark_;
  Vec3 offset_;
  float fineness_;
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

// What the trees of a scene share; the materials belong to the world.
struct Grove {
  std::array<Mesh, 4> clumps;  // of leaves, about radius 1
  const Material* foliage = nullptr;
  const Material* bark = nullptr;
};
Grove make_grove(World& world, core::Stream& random);

// A broad-leaved tree of this height on the ground at `place`, with a crown of a few clumps.
void add_tree(World& world, Vec3 place, float height, const Grove& grove, core::Stream& random);

}  // namespace ersatz::data::scenes
