// Light on surfaces.
#pragma once

#include "data/scenes/render/material.h"
#include "data/scenes/render/shadow_map.h"
#include "data/scenes/render/world.h"

namespace ersatz::data::scenes {

class Shading {
 public:
  Shading(const World& world, const ShadowMap& shadows) : world_(world), shadows_(shadows) {}

  // Light that leaves the point towards the eye. `object` is the point's label or -1; `distance`
  // from the eye, for fog.
  // `mirrored`: what stands in the mirror's way, or null for the environment.
  Rgb shade(const SurfacePoint& point, const Material& material, int object, float distance,
            const Rgb* mirrored = nullptr) const;

  // Fog in front of something at a distance.
  Rgb through_fog(Rgb light, float distance) const;

 private:
  static Rgb lamp_light(const Lamp& lamp, const SurfacePoint& point, Vec3 normal);
  void add_snow(const SurfacePoint& point, SurfaceLook& look) const;
  Rgb ambient(const SurfacePoint& point, Vec3 normal, int object, float& open) const;

  const World& world_;
  const ShadowMap& shadows_;
};

}  // namespace ersatz::data::scenes
