#include "data/scenes/surfaces.h"

#include <string>

#include "core/error.h"
#include "data/scenes/render/noise.h"

namespace ersatz::data::scenes {
namespace {

float wave(float a) { return 0.5F + 0.5F * std::sin(a); }

}  // namespace

Vec3 random_offset(core::Stream& random) {
  return {random.uniform(-60, 60), random.uniform(-60, 60), random.uniform(-60, 60)};
}

WoodSurface::WoodSurface(const Look& look)
    : look_(look), cosine_(std::cos(look.angle)), sine_(std::sin(look.angle)) {}

void WoodSurface::look_at(const SurfacePoint& point, SurfaceLook& look) const {
  const Vec3 t = point.texture;
  float across = t.x * cosine_ + t.y * sine_, along = t.y * cosine_ - t.x * sine_;
  float tone = 0, seam = 0;
  if (look_.plank > 0) {
    const float board = std::floor(across / look_.plank);
    const float within = across / look_.plank - board;
    const float pick = unit_hash(static_cast<int>(board), 7);
    tone = 0.35F * (pick - 0.5F);
    along += 40 * pick;
    const float gap = std::min(within, 1 - within) * look_.plank;
    seam = 1 - smoothstep(0.05F, 0.25F + point.footprint, gap);
    seam *= std::min(1.0F, 0.3F / (0.3F + point.footprint));
  }
  across += look_.offset.x;
  along += look_.offset.y;
  // Rings cut nearly lengthwise: bands that wander slowly along the board.
  const float bend = 1.6F * noise2(across * 0.12F, along * 0.03F) + look_.offset.z;
  const float rings = noise2(across * 1.1F + 3 * bend, along * 0.02F);
  const float see_fine = texture_fade(0.4F, point.footprint);
  const float see_pores = texture_fade(0.14F, point.footprint);
  const float fine = see_fine > 0 ? see_fine * noise2(across * 5 + bend, along * 0.12F) : 0;
  const float pores = see_pores > 0 ? see_pores * noise2(across * 14, along * 0.5F) : 0;
  const float mix =
      clamp01(0.5F + tone + look_.grain * (0.42F * rings + 0.22F * fine + 0.16F * pores));
  look.albedo = lerp(look_.dark, look_.light, mix) * (1 - 0.65F * seam);
  look.roughness = look_.roughness;
  look.specular = 0.04F * (1 - seam);
  look.normal = bumped(point.normal, Vec3{cosine_, sine_, 0} * (0.06F * (fine + pores)));
}

void MarbleSurface::look_at(const SurfacePoint& point, SurfaceLook& look) const {
  const float x = point.texture.x + offset_.x, y = point.texture.y + offset_.y;
  const float warp_x = fractal2(x * 0.05F, y * 0.05F, 3);
  const float warp_y = noise2(x * 0.05F + 31, y * 0.05F);
  // Veins run across, in one direction more than in the other, thin out and end.
  const float along = x * 0.045F + 0.03F * y + 1.1F * warp_x;
  const float ridge = std::abs(noise2(along, 0.4F * along - y * 0.02F + 0.6F * warp_y));
  const float strength = smoothstep(-0.25F, 0.55F, warp_y + 0.4F * warp_x);
  const float width = 0.03F + 0.09F * strength;
  const float vein = strength * (1 - smoothstep(0, width, ridge));
  const float haze = 1 - smoothstep(0, 0.35F, ridge);
  look.albedo = lerp(base_, vein_, clamp01(0.55F * vein + 0.2F * haze + 0.12F * warp_x));
  look.roughness = 0.16F;
  look.specular = 0.04F;
}

ClothSurface::ClothSurface(const Look& look)
    : look_(look), cosine_(std::cos(look.angle)), sine_(std::sin(look.angle)) {}

void ClothSurface::look_at(const SurfacePoint& point, SurfaceLook& look) const {
  const Vec3 t = point.texture;
  const float x = t.x * cosine_ + t.y * sine_, y = t.y * cosine_ - t.x * sine_;
  Rgb colour = look_.colour;
  if (look_.squares > 0) {
    // Warp and weft each carry the second colour over half of their way.
    const auto band = [&](float a) {
      const float phase = a / look_.squares - std::floor(a / look_.squares);
      const float soft = 0.02F + 0.7F * point.footprint / look_.squares;
      return smoothstep(0.25F - soft, 0.25F + soft, std::abs(phase - 0.5F));
    };
    colour = lerp(colour, look_.second, 0.5F * (band(x) + band(y)));
  }
  const float thread = texture_fade(0.16F, point.footprint);
  const float weave = thread > 0 ? thread * (wave(40 * x) - wave(40 * y)) * 0.12F : 0;
  const float uneven = 0.08F * noise2(x * 1.7F + look_.offset.x, y * 1.7F);
  look.albedo = colour * (1 + weave + uneven);
  look.roughness = 0.95F;
  look.specular = 0.02F;
  look.velvet = 0.15F;
  if (look_.folds > 0) {
    const float fx = x * 0.09F + look_.offset.x, fy = y * 0.09F + look_.offset.y;
    const float h = fractal2(fx, fy, 2);
    const Vec3 slope{fractal2(fx + 0.05F, fy, 2) - h, fractal2(fx, fy + 0.05F, 2) - h, 0};
    look.normal = bumped(point.normal, slope * (7 * look_.folds));
  }
}

SteelSurface::SteelSurface(float brightness, float angle, Vec3 offset)
    : brightness_(brightness), cosine_(std::cos(angle)), sine_(std::sin(angle)), offset_(offset) {}

void SteelSurface::look_at(const SurfacePoint& point, SurfaceLook& look) const {
  const Vec3 t = point.texture + offset_;
  const float across = t.x * cosine_ + t.y * sine_, along = t.y * cosine_ - t.x * sine_;
  const float scratch = noise2(across * 9, along * 0.15F) * texture_fade(0.25F, point.footprint) +
                        0.7F * noise2(across * 2.5F, along * 0.05F);
  const float smear = fractal2(t.x * 0.12F, t.y * 0.12F, 2);
  const float grey = brightness_ * (1 + 0.14F * scratch + 0.12F * smear);
  look.albedo = {grey, grey, grey * 1.02F};
  look.metal = 0.75F;
  look.roughness = 0.42F + 0.08F * smear;
  look.normal = bumped(point.normal, Vec3{cosine_, sine_, 0} * (0.05F * scratch));
}

void SpeckledSurface::look_at(const SurfacePoint& point, SurfaceLook& look) const {
  const float x = point.texture.x + offset_.x, y = point.texture.y + offset_.y;
  const float grain = noise2(x * 5, y * 5) * texture_fade(0.35F, point.footprint) +
                      0.5F * noise2(x * 1.9F, y * 1.9F) * texture_fade(0.8F, point.footprint);
  const float stain = fractal2(x * 0.07F, y * 0.07F, 3);
  look.albedo = colour_ * (1 + speckles_ * grain + 0.1F * stain);
  look.roughness = roughness_;
  look.specular = 0.04F;
}

void WickerSurface::look_at(const SurfacePoint& point, SurfaceLook& look) const {
  const float u = point.texture.x * uprights_, v = point.texture.y * rods_;
  const float row = std::floor(v);
  const float in_row = v - row - 0.5F;
  const bool odd = (static_cast<int>(row) & 1) != 0;
  // Each row passes in front of every second upright.
  const float over = std::cos(kPi * (u + (odd ? 1 : 0)));
  const float round = std::sqrt(std::max(0.0F, 1 - 4 * in_row * in_row * 0.92F));
  const float depth = clamp01(0.5F + 0.5F * over) * round;
  const float tint = 0.85F + 0.3F * unit_hash(static_cast<int>(row), static_cast<int>(u));
  look.albedo = colour_ * (tint * (0.3F + 0.7F * depth));
  look.roughness = 0.6F;
  look.specular = 0.03F;
}

const Material* make_surface(World& world, const std::string& name, core::Stream& random) {
  const Vec3 offset = random_offset(random);
  const float angle = random.uniform(-0.25F, 0.25F);
  const float vary = random.uniform(0.85F, 1.15F);
  if (name == "wooden table") {
    WoodSurface::Look look;
    const unsigned tones[][2] = {
        {0xC08A55, 0x7A4A26}, {0xA86F3E, 0x5A331A}, {0xD2A877, 0x9A6B3E}, {0x8A5A38, 0x45281A}};
    const auto& tone = tones[random.below(4)];
    look.light = srgb(tone[0]) * vary;
    look.dark = srgb(tone[1]) * vary;
    look.plank = random.uniform(9, 16);
    look.angle = random.below(2) == 0 ? angle : angle + kPi / 2;
    look.offset = offset;
    return world.make<WoodSurface>(look);
  }
  if (name == "marble table") {
    return world.make<MarbleSurface>(srgb(0xE9E6E1) * vary, srgb(0x8E8F96), offset);
  }
  if (name == "white table") {
    return world.make<SpeckledSurface>(srgb(0xE4E2DC) * vary, 0.02F, 0.35F, offset);
  }
  if (name == "grey table") {
    return world.make<SpeckledSurface>(srgb(0x8F9092) * vary, 0.16F, 0.5F, offset);
  }
  if (name == "metal tray") return world.make<SteelSurface>(0.5F * vary, angle, offset);
  if (name == "blue cloth" || name == "checked cloth") {
    ClothSurface::Look look;
    look.angle = angle;
    look.offset = offset;
    if (name == "blue cloth") {
      look.colour = srgb(random.below(2) == 0 ? 0x3E5F93 : 0x5B86B5) * vary;
    } else {
      look.colour = srgb(0xEDEAE4);
      look.second = srgb(random.below(2) == 0 ? 0x2F5FA8 : 0x3C8A63);
      look.squares = random.uniform(3, 5);
    }
    return world.make<ClothSurface>(look);
  }
  throw core::Error::internal("no such surface: " + name);
}

}  // namespace ersatz::data::scenes
