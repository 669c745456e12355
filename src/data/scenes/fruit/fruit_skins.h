// The skins of fruits. Round ones are evaluated at the unit direction from the middle
// (z towards the stem), the banana at (angle in turns, share of the length from the stem).
#pragma once

#include "data/scenes/render/material.h"

namespace ersatz::data::scenes {

// What differs from specimen to specimen.
struct SkinSpecimen {
  Vec3 offset;            // another place in the noise
  float hue = 0;          // -1..1 within the class
  float ripeness = 0.5F;  // 0..1
  float wear = 0.3F;      // 0..1
  float radius = 3;       // cm
};

class OrangeSkin final : public Material {
 public:
  explicit OrangeSkin(const SkinSpecimen& specimen);
  void look_at(const SurfacePoint& point, SurfaceLook& look) const override;

 private:
  SkinSpecimen specimen_;
  Rgb light_, deep_;
};

class LemonSkin final : public Material {
 public:
  explicit LemonSkin(const SkinSpecimen& specimen);
  void look_at(const SurfacePoint& point, SurfaceLook& look) const override;

 private:
  SkinSpecimen specimen_;
  Rgb light_, deep_;
};

class PeachSkin final : public Material {
 public:
  PeachSkin(const SkinSpecimen& specimen, Vec3 sunny_side);
  void look_at(const SurfacePoint& point, SurfaceLook& look) const override;

 private:
  SkinSpecimen specimen_;
  Vec3 sunny_side_;
  Rgb ground_, blush_, deep_;
};

class KiwiSkin final : public Material {
 public:
  explicit KiwiSkin(const SkinSpecimen& specimen);
  void look_at(const SurfacePoint& point, SurfaceLook& look) const override;

 private:
  SkinSpecimen specimen_;
  Rgb light_, dark_;
};

class TomatoSkin final : public Material {
 public:
  explicit TomatoSkin(const SkinSpecimen& specimen);
  void look_at(const SurfacePoint& point, SurfaceLook& look) const override;

 private:
  SkinSpecimen specimen_;
  Rgb red_, shoulder_;
};

class BananaSkin final : public Material {
 public:
  explicit BananaSkin(const SkinSpecimen& specimen);
  void look_at(const SurfacePoint& point, SurfaceLook& look) const override;

 private:
  SkinSpecimen specimen_;
  Rgb yellow_;
};

}  // namespace ersatz::data::scenes
