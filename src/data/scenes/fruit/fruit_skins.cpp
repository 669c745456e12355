#include "data/scenes/fruit/fruit_skins.h"

#include "data/scenes/render/noise.h"

namespace ersatz::data::scenes {
namespace {

// Bumps `feature` cm apart, as a random tilt of the normal.
Vec3 rough_normal(Vec3 normal, Vec3 at, float strength) {
  const Vec3 slope{noise3(at), noise3(at + Vec3{13.7F, 5.1F, 9.3F}),
                   noise3(at + Vec3{3.9F, 21.3F, 7.7F})};
  return bumped(normal, slope * strength);
}

// Pores of a citrus fruit, `feature` cm apart, which blur away from a footprint of `fade` on.
void add_pores(const SurfacePoint& point, const SkinSpecimen& specimen, float fade, float feature,
               float strength, SurfaceLook& look) {
  const float pores = texture_fade(fade, point.footprint);
  if (pores <= 0) return;
  const Vec3 at = point.texture * (specimen.radius / feature);
  look.normal = rough_normal(point.normal, at + specimen.offset, strength * pores);
}

void add_bruises(Vec3 direction, const SkinSpecimen& specimen, float fineness, Rgb colour,
                 float strength, SurfaceLook& look) {
  const float bruise =
      smoothstep(0.35F, 0.6F, skin_fractal(direction * fineness - specimen.offset, 2));
  look.albedo = lerp(look.albedo, colour, strength * bruise * specimen.wear);
}

}  // namespace

OrangeSkin::OrangeSkin(const SkinSpecimen& specimen)
    : specimen_(specimen),
      light_(hsv(0.088F + 0.012F * specimen.hue, 0.93F, 0.99F)),
      deep_(hsv(0.062F + 0.012F * specimen.hue, 0.96F, 0.9F)) {}

void OrangeSkin::look_at(const SurfacePoint& point, SurfaceLook& look) const {
  const Vec3 d = point.texture;
  const float cloud = skin_fractal(d * 2.2F + specimen_.offset, 2);
  look.albedo = lerp(deep_, light_, clamp01(0.5F + 0.7F * cloud));
  // Unripe rind stays green round the stem.
  const float green = smoothstep(0.55F, 1.0F, d.z + 0.3F * cloud) * (1 - specimen_.ripeness) * 0.6F;
  look.albedo = lerp(look.albedo, srgb(0x9AA52C), green);
  add_pores(point, specimen_, 0.34F, 0.17F, 0.26F, look);
  add_bruises(d, specimen_, 3.1F, srgb(0x8A4B12), 0.5F, look);
  // The star where the stem was.
  const float stem = std::hypot(d.x, d.y);
  if (d.z > 0 && stem < 0.24F) {
    look.albedo = lerp(look.albedo, srgb(0x7C8A35), smoothstep(0.13F, 0.09F, stem));
    look.albedo *= 1 - 0.35F * smoothstep(0.22F, 0.12F, stem) * smoothstep(0.07F, 0.11F, stem);
  } else if (d.z < 0 && stem < 0.1F) {
    look.albedo *= 0.55F + 0.45F * smoothstep(0.03F, 0.09F, stem);
  }
  look.specular = 0.045F;
  look.roughness = 0.36F;
  look.velvet = 0.12F;
}

LemonSkin::LemonSkin(const SkinSpecimen& specimen)
    : specimen_(specimen),
      light_(hsv(0.15F + 0.01F * specimen.hue, 0.8F, 0.98F)),
      deep_(hsv(0.132F + 0.01F * specimen.hue, 0.9F, 0.9F)) {}

void LemonSkin::look_at(const SurfacePoint& point, SurfaceLook& look) const {
  const Vec3 d = point.texture;
  const float cloud = skin_fractal(d * 2.0F + specimen_.offset, 2);
  look.albedo = lerp(deep_, light_, clamp01(0.55F + 0.7F * cloud));
  // Unripe ends stay green.
  const float green = smoothstep(0.6F, 1.0F, std::abs(d.z) + 0.25F * cloud);
  look.albedo = lerp(look.albedo, srgb(0xA3B035), green * (1 - specimen_.ripeness) * 0.7F);
  add_pores(point, specimen_, 0.4F, 0.2F, 0.3F, look);
  add_bruises(d, specimen_, 3.3F, srgb(0x8F6A1E), 0.4F, look);
  const float stem = std::hypot(d.x, d.y);
  if (d.z > 0) look.albedo = lerp(look.albedo, srgb(0x6F7A30), smoothstep(0.1F, 0.05F, stem));
  look.specular = 0.05F;
  look.roughness = 0.34F;
  look.velvet = 0.1F;
}

PeachSkin::PeachSkin(const SkinSpecimen& specimen, Vec3 sunny_side)
    : specimen_(specimen),
      sunny_side_(sunny_side),
      ground_(hsv(0.092F + 0.012F * specimen.hue, 0.58F, 0.97F)),
      blush_(hsv(0.03F + 0.015F * specimen.hue, 0.68F, 0.88F)),
      deep_(hsv(0.995F, 0.72F, 0.68F)) {}

void PeachSkin::look_at(const SurfacePoint& point, SurfaceLook& look) const {
  const Vec3 d = point.texture;
  const float cloud = skin_fractal(d * 1.9F + specimen_.offset, 3);
  const float streak = skin_noise(Vec3{d.x * 7, d.y * 7, d.z * 1.6F} + specimen_.offset);
  const float sun =
      dot(d, sunny_side_) + 0.55F * cloud + 0.16F * streak + 0.5F * (specimen_.ripeness - 0.5F);
  look.albedo = lerp(ground_, blush_, smoothstep(-0.75F, 0.55F, sun));
  look.albedo = lerp(look.albedo, deep_, 0.7F * smoothstep(0.2F, 1.1F, sun));
  const float fine = texture_fade(0.25F, point.footprint);
  if (fine > 0) look.albedo *= 1 + 0.1F * fine * skin_noise(d * 24 + specimen_.offset);
  // The seam is darker, and so is the pit of the stem.
  const float seam = std::abs(d.y);
  if (d.x > 0)
    look.albedo *= 1 - 0.3F * smoothstep(0.1F, 0.015F, seam) * clamp01(0.8F - d.z * d.z + 0.4F);
  const float stem = std::hypot(d.x, d.y);
  if (d.z > 0) {
    look.albedo = lerp(look.albedo, srgb(0xC9A04A), 0.6F * smoothstep(0.38F, 0.16F, stem));
    look.albedo = lerp(look.albedo, srgb(0x3D2413), smoothstep(0.12F, 0.06F, stem));
  }
  const float spot = smoothstep(0.5F, 0.66F, skin_fractal(d * 3.7F - specimen_.offset, 2));
  look.albedo = lerp(look.albedo, srgb(0x6B3A1C), 0.6F * spot * specimen_.wear);
  look.specular = 0.015F;
  look.roughness = 0.95F;
  look.velvet = 1.1F;
}

KiwiSkin::KiwiSkin(const SkinSpecimen& specimen)
    : specimen_(specimen),
      light_(hsv(0.092F + 0.012F * specimen.hue, 0.5F, 0.6F)),
      dark_(hsv(0.075F + 0.01F * specimen.hue, 0.6F, 0.36F)) {}

void KiwiSkin::look_at(const SurfacePoint& point, SurfaceLook& look) const {
  const Vec3 d = point.texture;
  const float cloud = skin_fractal(d * 2.5F + specimen_.offset, 2);
  // Hairs lie along the fruit.
  const Vec3 hair{d.x * 13, d.y * 13, d.z * 5};
  const float hairs = skin_noise(hair + specimen_.offset) +
                      0.8F * skin_noise(hair * 2.3F) * texture_fade(0.3F, point.footprint);
  look.albedo = lerp(dark_, light_, clamp01(0.5F + 0.45F * cloud + 0.42F * hairs));
  look.albedo =
      lerp(look.albedo, srgb(0x6E6A34), 0.15F * clamp01(0.5F - specimen_.ripeness + cloud));
  // Blossom end and stem end.
  const float end = std::hypot(d.x, d.y);
  if (end < 0.3F) {
    look.albedo *= 0.75F + 0.25F * smoothstep(0.16F, 0.28F, end);
    look.albedo =
        lerp(look.albedo, d.z > 0 ? srgb(0x2C1B0E) : srgb(0xB79A66), smoothstep(0.15F, 0.08F, end));
  }
  if (texture_fade(0.3F, point.footprint) > 0) {
    look.normal = rough_normal(point.normal, hair * 1.7F, 0.3F);
  }
  look.specular = 0.015F;
  look.roughness = 0.95F;
  look.velvet = 0.9F;
}

TomatoSkin::TomatoSkin(const SkinSpecimen& specimen)
    : specimen_(specimen),
      red_(hsv(0.004F + 0.012F * specimen.hue, 0.93F, 0.84F)),
      shoulder_(hsv(0.055F, 0.85F, 0.86F)) {}

void TomatoSkin::look_at(const SurfacePoint& point, SurfaceLook& look) const {
  const Vec3 d = point.texture;
  const float cloud = skin_fractal(d * 1.8F + specimen_.offset, 2);
  const float pale =
      clamp01(0.9F * (1 - specimen_.ripeness) * smoothstep(0.1F, 0.95F, d.z + 0.5F * cloud) +
              0.12F * (cloud + 0.3F));
  look.albedo = lerp(red_, shoulder_, pale);
  const float stem = std::hypot(d.x, d.y);
  if (d.z > 0) {
    look.albedo = lerp(look.albedo, srgb(0x8E8A2E), 0.7F * smoothstep(0.22F, 0.1F, stem));
  } else {
    look.albedo = lerp(look.albedo, srgb(0x4A2A14), smoothstep(0.05F, 0.02F, stem));
  }
  const float scar = smoothstep(0.52F, 0.62F, skin_fractal(d * 4.1F - specimen_.offset, 2));
  look.albedo = lerp(look.albedo, srgb(0xA8672C), 0.6F * scar * specimen_.wear);
  look.specular = 0.05F;
  look.roughness = 0.14F + 0.06F * specimen_.wear;
}

BananaSkin::BananaSkin(const SkinSpecimen& specimen)
    : specimen_(specimen), yellow_(hsv(0.136F + 0.008F * specimen.hue, 0.83F, 0.95F)) {}

void BananaSkin::look_at(const SurfacePoint& point, SurfaceLook& look) const {
  const float turn = point.texture.x, along = point.texture.y;
  const float angle = 2 * kPi * turn;
  const Vec3 d{2.2F * std::cos(angle), 2.2F * std::sin(angle), along * 11};
  const float cloud = skin_fractal(d * 0.6F + specimen_.offset, 2);
  look.albedo = yellow_ * (1 + 0.1F * cloud);
  const float ends = std::abs(2 * along - 1);
  const float green = clamp01(smoothstep(0.55F, 1.0F, ends + 0.25F * cloud) * 0.75F +
                              0.6F * (0.35F - specimen_.ripeness));
  look.albedo = lerp(look.albedo, srgb(0x9DAE3A), green);
  // Brown freckles of ripe fruit, longer than wide.
  const float freckle = skin_noise(Vec3{d.x * 1.5F, d.y * 1.5F, d.z * 0.75F} + specimen_.offset);
  const float threshold = lerp(0.72F, 0.3F, clamp01(specimen_.wear * (0.4F + specimen_.ripeness)));
  look.albedo =
      lerp(look.albedo, srgb(0x6A4216), 0.85F * smoothstep(threshold, threshold + 0.12F, freckle));
  // The five edges.
  const float edge = std::cos(5 * angle);
  look.albedo *= 1 - 0.14F * smoothstep(0.86F, 1.0F, edge);
  look.albedo = lerp(look.albedo, srgb(0x6F6A2A), smoothstep(0.085F, 0.05F, along) * 0.7F);
  look.albedo = lerp(look.albedo, srgb(0x33210F), smoothstep(0.022F, 0.004F, along));
  look.albedo = lerp(look.albedo, srgb(0x2A1B10), smoothstep(0.965F, 0.985F, along));
  look.specular = 0.035F;
  look.roughness = 0.5F;
}

}  // namespace ersatz::data::scenes
