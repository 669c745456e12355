// Light on surfaces.
#pragma once

#include <vector>

#include "data/scenes/render/material.h"
#include "data/scenes/render/shadow_map.h"
#include "data/scenes/render/world.h"

namespace ersatz::data::scenes {

// Light that arrives at a point, as far as it does not depend on the colour of the surface.
struct Illumination {
  Rgb diffuse;  // to be multiplied by the albedo
  Rgb gloss;    // reflected by the surface itself
};

inline Illumination lerp(const Illumination& a, const Illumination& b, float t) {
  return {lerp(a.diffuse, b.diffuse, t), lerp(a.gloss, b.gloss, t)};
}

inline constexpr int kGroundPoint = -2;

class Shading {
 public:
  Shading(const World& world, const ShadowMap& shadows);

  // The surface with its material and what the weather has left on it.
  SurfaceLook look_at(const SurfacePoint& point, const Material& material) const;

  // `object` is the point's label, -1 for what has none, or kGroundPoint. `mirrored`: what stands
  // in the mirror's way, or null for the environment.
  Illumination illuminate(const SurfacePoint& point, const SurfaceLook& look, int object,
                          const Rgb* mirrored = nullptr) const;

  // Light that reaches an eye at this distance.
  Rgb seen(const SurfaceLook& look, const Illumination& light, float distance) const;

 private:
  static Rgb lamp_light(const Lamp& lamp, const SurfacePoint& point, Vec3 normal);
  void add_snow(const SurfacePoint& point, SurfaceLook& look) const;
  static void occlude(const std::vector<Occluder>& balls, const SurfacePoint& point, Vec3 normal,
                      int object, float& open, Rgb& thrown_back);
  Rgb ambient(const SurfacePoint& point, Vec3 normal, int object, float& open) const;
  Rgb gloss(const SurfacePoint& point, const SurfaceLook& look, const Rgb& key, float open,
            const Rgb* mirrored) const;

  const World& world_;
  const ShadowMap& shadows_;
  // Outside this ball no occluder of the world is felt.
  Vec3 felt_centre_;
  float felt_radius_ = -1;
};

}  // namespace ersatz::data::scenes
