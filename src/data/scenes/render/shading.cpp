#include "data/scenes/render/shading.h"

#include "data/scenes/render/noise.h"

namespace ersatz::data::scenes {

Rgb Shading::through_fog(Rgb light, float distance) const {
  if (world_.fog.density <= 0) return light;
  return lerp(world_.fog.colour, light, std::exp(-world_.fog.density * distance));
}

// The form factor of a ball is a fair guess of the light it keeps away, and of the light it
// throws back in its own colour.
Rgb Shading::ambient(const SurfacePoint& point, Vec3 normal, int object, float& open) const {
  Rgb thrown_back;
  open = 1;
  for (const Occluder& ball : world_.occluders) {
    if (ball.object >= 0 && ball.object == object) continue;
    const Vec3 offset = ball.centre - point.position;
    const float squared = dot(offset, offset), radius2 = square(ball.radius);
    if (squared > 36 * radius2) continue;
    const float distance = std::sqrt(std::max(squared, radius2));
    const float facing = clamp01(0.15F + 0.85F * dot(normal, offset) / distance);
    const float taken = std::min(0.95F, facing * radius2 / (distance * distance));
    open *= 1 - taken;
    thrown_back += ball.albedo * (0.5F * taken);
  }
  const Rgb sky = lerp(world_.light.from_below, world_.light.from_above, 0.5F + 0.5F * normal.z);
  return sky * open + thrown_back * world_.light.from_above;
}

Rgb Shading::shade(const SurfacePoint& point, const Material& material, int object, float distance,
                   const Rgb* mirrored) const {
  SurfaceLook look;
  look.normal = point.normal;
  material.look_at(point, look);
  if (world_.snow > 0) add_snow(point, look);
  const Light& light = world_.light;
  const Vec3 normal = look.normal;
  const float facing = dot(normal, light.towards);
  const float seen = std::max(1e-3F, dot(normal, point.to_eye));

  float lit = 0;
  if (facing > 0 || look.translucency > 0) {
    lit = shadows_.lit(point.position, facing > 0 ? point.normal : -point.normal);
  }
  const Rgb key = light.key * lit;
  float open = 1;
  const Rgb around = ambient(point, normal, object, open);

  Rgb diffuse = around + key * std::max(0.0F, facing);
  if (look.translucency > 0) {
    diffuse +=
        (key * (0.25F + 0.75F * std::max(0.0F, -facing)) + around * 0.3F) * look.translucency;
  }
  for (const Lamp& lamp : world_.lamps) diffuse += lamp_light(lamp, point, normal);
  const float grazing = 1 - std::min(1.0F, seen);
  if (look.velvet > 0) {
    diffuse += (around + key * clamp01(0.5F + 0.5F * facing)) *
               (look.velvet * grazing * grazing * grazing);
  }
  Rgb out = look.albedo * diffuse * (1 - look.metal) + look.emission;

  if (look.specular > 0 || look.metal > 0) {
    const float grazing2 = grazing * grazing;
    const float fresnel = grazing2 * grazing2 * grazing * (1 - 0.8F * look.roughness);
    const Rgb straight =
        lerp(Rgb{look.specular, look.specular, look.specular}, look.albedo, look.metal);
    const Rgb reflectance = straight + (Rgb{1, 1, 1} - straight) * fresnel;
    Rgb glossy = mirrored != nullptr ? *mirrored
                                     : world_.environment->reflection(
                                           reflected(point.to_eye, normal), look.roughness) *
                                           open;
    if (facing > 0 && lit > 0) {
      // Blinn-Phong with the exponent that matches a roughness, normalised.
      const float alpha = std::max(0.02F, look.roughness * look.roughness);
      const float exponent = std::max(1.0F, 2 / (alpha * alpha) - 2);
      const Vec3 half = normalized(light.towards + point.to_eye);
      const float peak = std::min(40.0F, (exponent + 8) / 8);
      glossy += key * (peak * std::pow(std::max(0.0F, dot(normal, half)), exponent) * facing);
    }
    out += reflectance * glossy;
  }
  return through_fog(out, distance);
}

Rgb Shading::lamp_light(const Lamp& lamp, const SurfacePoint& point, Vec3 normal) {
  const Vec3 offset = lamp.place - point.position;
  const float squared = dot(offset, offset), radius2 = square(lamp.radius);
  const float facing = dot(normal, offset);
  if (facing <= 0 || squared > 200 * radius2) return {};
  const float distance = std::sqrt(squared);
  float strength = facing / (distance * (1 + squared / radius2));
  if (dot(lamp.aim, lamp.aim) > 0) {
    strength *= smoothstep(0.8F, 0.97F, -dot(lamp.aim, offset) / distance);
  }
  return lamp.light * strength;
}

void Shading::add_snow(const SurfacePoint& point, SurfaceLook& look) const {
  // Drifts: not everywhere alike, and less where it is steep.
  const float drift = 0.25F * noise3(point.position * 1.3F);
  const float share =
      world_.snow * smoothstep(0.35F, 0.75F, point.normal.z + drift * (1 - world_.snow));
  if (share <= 0) return;
  look.albedo = lerp(look.albedo, Rgb{0.86F, 0.88F, 0.92F}, share);
  look.metal *= 1 - share;
  look.specular *= 1 - share;
  look.roughness = lerp(look.roughness, 0.9F, share);
  look.normal = normalized(lerp(look.normal, point.normal, share));
}

}  // namespace ersatz::data::scenes
