#include "data/scenes/render/shading.h"

#include "data/scenes/render/noise.h"
#include "data/scenes/render/vector_clones.h"

namespace ersatz::data::scenes {

// Beyond this many radii a ball keeps less than 5 % of the light away.
constexpr float kFelt = 4.7F;

Shading::Shading(const World& world, const ShadowMap& shadows) : world_(world), shadows_(shadows) {
  const auto count = static_cast<float>(world.occluders.size());
  for (const Occluder& ball : world.occluders) felt_centre_ += ball.centre / count;
  for (const Occluder& ball : world.occluders) {
    felt_radius_ = std::max(felt_radius_, length(ball.centre - felt_centre_) + kFelt * ball.radius);
  }
}

SurfaceLook Shading::look_at(const SurfacePoint& point, const Material& material) const {
  SurfaceLook look;
  look.normal = point.normal;
  material.look_at(point, look);
  if (world_.snow > 0) add_snow(point, look);
  return look;
}

void Shading::add_snow(const SurfacePoint& point, SurfaceLook& look) const {
  if (point.normal.z < 0.2F) return;
  // Drifts: not everywhere alike, and less where it is steep.
  const float drift = 0.25F * skin_noise(point.position * 1.3F);
  const float share =
      world_.snow * smoothstep(0.35F, 0.75F, point.normal.z + drift * (1 - world_.snow));
  if (share <= 0) return;
  look.albedo = lerp(look.albedo, Rgb{0.86F, 0.88F, 0.92F}, share);
  look.metal *= 1 - share;
  look.specular *= 1 - share;
  look.roughness = lerp(look.roughness, 0.9F, share);
  look.normal = normalized(lerp(look.normal, point.normal, share));
}

// The form factor of a ball is a fair guess of the light it keeps away, and of the light it
// throws back in its own colour.
void Shading::occlude(const std::vector<Occluder>& balls, const SurfacePoint& point, Vec3 normal,
                      int object, float& open, Rgb& thrown_back) {
  for (const Occluder& ball : balls) {
    const Vec3 offset = ball.centre - point.position;
    const float squared = dot(offset, offset), radius2 = square(ball.radius);
    if (squared > kFelt * kFelt * radius2 || (ball.object >= 0 && ball.object == object)) continue;
    const float distance = std::sqrt(std::max(squared, radius2));
    const float facing = clamp01(0.15F + 0.85F * dot(normal, offset) / distance);
    const float taken = std::min(0.95F, facing * radius2 / (distance * distance));
    open *= 1 - taken;
    thrown_back += ball.albedo * (0.5F * taken);
  }
}

ERSATZ_VECTOR_CLONES
Rgb Shading::ambient(const SurfacePoint& point, Vec3 normal, int object, float& open) const {
  Rgb thrown_back;
  open = 1;
  const Vec3 offset = point.position - felt_centre_;
  if (dot(offset, offset) < felt_radius_ * std::abs(felt_radius_)) {
    occlude(world_.occluders, point, normal, object, open, thrown_back);
  }
  if (object == kGroundPoint) {
    occlude(world_.ground_occluders, point, normal, object, open, thrown_back);
  }
  const Rgb sky = lerp(world_.light.from_below, world_.light.from_above, 0.5F + 0.5F * normal.z);
  return sky * open + thrown_back * world_.light.from_above;
}

Rgb Shading::lamp_light(const Lamp& lamp, const SurfacePoint& point, Vec3 normal) {
  const Vec3 offset = lamp.place - point.position;
  const float squared = dot(offset, offset), radius2 = square(lamp.radius);
  const float facing = dot(normal, offset);
  if (facing <= 0 || squared > 60 * radius2) return {};
  const float distance = std::sqrt(squared);
  float strength = facing / (distance * (1 + squared / radius2));
  if (dot(lamp.aim, lamp.aim) > 0) {
    strength *= smoothstep(0.8F, 0.97F, -dot(lamp.aim, offset) / distance);
  }
  return lamp.light * strength;
}

ERSATZ_VECTOR_CLONES
Rgb Shading::gloss(const SurfacePoint& point, const SurfaceLook& look, const Rgb& key, float open,
                   const Rgb* mirrored) const {
  const float grazing = 1 - std::min(1.0F, std::max(0.0F, dot(look.normal, point.to_eye)));
  const float grazing2 = grazing * grazing;
  const float fresnel = grazing2 * grazing2 * grazing * (1 - 0.8F * look.roughness);
  const Rgb straight =
      lerp(Rgb{look.specular, look.specular, look.specular}, look.albedo, look.metal);
  const Rgb reflectance = straight + (Rgb{1, 1, 1} - straight) * fresnel;
  Rgb light = mirrored != nullptr ? *mirrored
                                  : world_.environment->reflection(
                                        reflected(point.to_eye, look.normal), look.roughness) *
                                        open;
  const float facing = dot(look.normal, world_.light.towards);
  if (facing > 0 && key.y > 0) {
    // Blinn-Phong with the exponent that matches a roughness, normalised.
    const float alpha = std::max(0.02F, look.roughness * look.roughness);
    const float exponent = std::max(1.0F, 2 / (alpha * alpha) - 2);
    const float cosine = dot(look.normal, normalized(world_.light.towards + point.to_eye));
    if (exponent * (1 - cosine) < 8) {  // elsewhere less than exp(-8) is left
      const float peak = std::min(40.0F, (exponent + 8) / 8);
      light += key * (peak * std::exp(exponent * std::log(std::max(0.01F, cosine))) * facing);
    }
  }
  return reflectance * light;
}

ERSATZ_VECTOR_CLONES
Illumination Shading::illuminate(const SurfacePoint& point, const SurfaceLook& look, int object,
                                 const Rgb* mirrored) const {
  const Light& light = world_.light;
  const float facing = dot(look.normal, light.towards);
  float lit = 0;
  if (facing > 0 || look.translucency > 0) {
    lit = shadows_.lit(point.position, facing > 0 ? point.normal : -point.normal,
                       object == kGroundPoint);
  }
  const Rgb key = light.key * lit;
  float open = 1;
  const Rgb around = ambient(point, look.normal, object, open);
  Illumination result;
  result.diffuse = around + key * std::max(0.0F, facing);
  if (look.translucency > 0) {
    result.diffuse +=
        (key * (0.25F + 0.75F * std::max(0.0F, -facing)) + around * 0.3F) * look.translucency;
  }
  for (const Lamp& lamp : world_.lamps) result.diffuse += lamp_light(lamp, point, look.normal);
  if (look.velvet > 0) {
    const float grazing = 1 - std::min(1.0F, std::max(0.0F, dot(look.normal, point.to_eye)));
    result.diffuse += (around + key * clamp01(0.5F + 0.5F * facing)) *
                      (look.velvet * grazing * grazing * grazing);
  }
  // The gloss of chalk is not worth its cost.
  if ((look.specular > 0 && look.roughness < 0.75F) || look.metal > 0) {
    result.gloss = gloss(point, look, key, open, mirrored);
  }
  return result;
}

Rgb Shading::seen(const SurfaceLook& look, const Illumination& light, float distance) const {
  const Rgb out = look.albedo * light.diffuse * (1 - look.metal) + light.gloss + look.emission;
  if (world_.fog.density <= 0) return out;
  return lerp(world_.fog.colour, out, std::exp(-world_.fog.density * distance));
}

}  // namespace ersatz::data::scenes
