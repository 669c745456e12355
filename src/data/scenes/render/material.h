// What a surface looks like at a point, before light falls on it.
#pragma once

#include "data/scenes/render/vec3.h"

namespace ersatz::data::scenes {

struct SurfacePoint {
  Vec3 position;        // in the world
  Vec3 normal;          // unit, towards the eye's side
  Vec3 texture;         // as the mesh says; the position for the ground
  Vec3 to_eye;          // unit
  float footprint = 0;  // length on the surface that one pixel covers, in units of the world
};

struct SurfaceLook {
  Rgb albedo{0.5F, 0.5F, 0.5F};  // diffuse reflectance
  Vec3 normal;                   // the point's, perhaps roughened
  float specular = 0.04F;        // reflectance seen straight on: 0.04 for plastics and peel
  float roughness = 0.5F;        // 0.05 lacquer .. 1 chalk
  float metal = 0;               // share of the light that is reflected in the colour `albedo`
  float velvet = 0;              // brightening towards the silhouette, as by fuzz
  float translucency = 0;        // share of the light from behind that comes through
  Rgb emission;
};

class Material {
 public:
  Material() = default;
  Material(const Material&) = delete;
  Material& operator=(const Material&) = delete;
  virtual ~Material() = default;
  // `look.normal` is set to the point's on entry.
  virtual void look_at(const SurfacePoint& point, SurfaceLook& look) const = 0;
};

// The same everywhere.
class PlainMaterial final : public Material {
 public:
  explicit PlainMaterial(const SurfaceLook& look) : look_(look) {}
  void look_at(const SurfacePoint& point, SurfaceLook& look) const override {
    look = look_;
    look.normal = point.normal;
  }

 private:
  SurfaceLook look_;
};

// Tilts a normal as bumps of the given slope would; `slope` is the gradient of the height.
inline Vec3 bumped(Vec3 normal, Vec3 slope) {
  return normalized(normal - (slope - normal * dot(slope, normal)));
}

}  // namespace ersatz::data::scenes
