// Table tops, floors and cloths: materials of the ground, in centimetres.
#pragma once

#include "core/philox.h"
#include "data/scenes/render/material.h"
#include "data/scenes/render/world.h"

namespace ersatz::data::scenes {

// Boards of `plank` cm along y, with the grain of wood.
class WoodSurface final : public Material {
 public:
  struct Look {
    Rgb light, dark;
    float plank = 12;  // cm; 0: one piece
    float grain = 1;   // strength
    float roughness = 0.45F;
    float angle = 0;  // radians
    Vec3 offset;      // another place of the tree
  };
  explicit WoodSurface(const Look& look);
  void look_at(const SurfacePoint& point, SurfaceLook& look) const override;

 private:
  Look look_;
  float cosine_, sine_;
};

// Polished stone with veins.
class MarbleSurface final : public Material {
 public:
  MarbleSurface(Rgb base, Rgb vein, Vec3 offset) : base_(base), vein_(vein), offset_(offset) {}
  void look_at(const SurfacePoint& point, SurfaceLook& look) const override;

 private:
  Rgb base_, vein_;
  Vec3 offset_;
};

// Woven cloth, plain or with squares of a second colour, with soft folds.
class ClothSurface final : public Material {
 public:
  struct Look {
    Rgb colour, second;
    float squares = 0;  // cm; 0: plain
    float folds = 0.3F;
    float angle = 0;
    Vec3 offset;
  };
  explicit ClothSurface(const Look& look);
  void look_at(const SurfacePoint& point, SurfaceLook& look) const override;

 private:
  Look look_;
  float cosine_, sine_;
};

// Brushed metal.
class SteelSurface final : public Material {
 public:
  SteelSurface(float brightness, float angle, Vec3 offset);
  void look_at(const SurfacePoint& point, SurfaceLook& look) const override;

 private:
  float brightness_, cosine_, sine_;
  Vec3 offset_;
};

// Plastic laminate, painted board, plaster: one colour with speckles and faint stains.
class SpeckledSurface final : public Material {
 public:
  SpeckledSurface(Rgb colour, float speckles, float roughness, Vec3 offset)
      : colour_(colour), speckles_(speckles), roughness_(roughness), offset_(offset) {}
  void look_at(const SurfacePoint& point, SurfaceLook& look) const override;

 private:
  Rgb colour_;
  float speckles_, roughness_;
  Vec3 offset_;
};

// Willow rods woven round uprights, on a mesh of lathe_mesh (angle, share of the profile).
class WickerSurface final : public Material {
 public:
  WickerSurface(Rgb colour, float uprights, float rods)
      : colour_(colour), uprights_(uprights), rods_(rods) {}
  void look_at(const SurfacePoint& point, SurfaceLook& look) const override;

 private:
  Rgb colour_;
  float uprights_, rods_;
};

// The surfaces by the names of the vocabularies, e.g. "wooden table", drawn with variations.
const Material* make_surface(World& world, const std::string& name, core::Stream& random);

// A random offset for textures.
Vec3 random_offset(core::Stream& random);

}  // namespace ersatz::data::scenes
