// Single leaves, branches and apples of a tree seen from near by. Metres.
#pragma once

#include "core/philox.h"
#include "data/scenes/render/material.h"
#include "data/scenes/render/mesh.h"
#include "data/scenes/render/vec3.h"

namespace ersatz::data::scenes {

// Evaluated at (share of the length from the stalk, -1..1 across, random number of the leaf). Gets
// darker along +y, into the tree.
class LeafMaterial final : public Material {
 public:
  struct Look {
    Rgb light, dark;
    float front = 0, depth = 1;  // y of the outermost leaves, and over how much y light is lost
    float shade = 0.25F;         // light that is left at that depth
  };
  explicit LeafMaterial(const Look& look) : look_(look) {}
  void look_at(const SurfacePoint& point, SurfaceLook& look) const override;

 private:
  Look look_;
};

// Adds one leaf: folded along its midrib, or flat for a leaf of a few pixels.
void add_leaf(Mesh& mesh, Vec3 stalk, Vec3 along, Vec3 up, float length, float width, bool folded,
              float random);

class AppleSkin final : public Material {
 public:
  struct Look {
    Rgb ground, cover;     // colours: towards the stem, and where the sun was
    float covered = 0.7F;  // share of the skin with the cover colour
    float stripes = 0.3F;
    Vec3 offset, sunny_side;
    float shade = 1;  // light that reaches it inside the tree
  };
  explicit AppleSkin(const Look& look) : look_(look) {}
  // At the unit direction from the middle, z towards the stalk.
  void look_at(const SurfacePoint& point, SurfaceLook& look) const override;

 private:
  Look look_;
};

// An apple of radius 1, the stalk towards +z, with `segments` vertices round it.
Mesh apple_mesh(int segments, core::Stream& random);

}  // namespace ersatz::data::scenes
