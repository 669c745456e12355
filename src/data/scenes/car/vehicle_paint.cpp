#include "data/scenes/car/vehicle_paint.h"

#include "data/scenes/render/noise.h"

namespace ersatz::data::scenes {
namespace {

// 1 inside a rectangle round (0, 0), with edges as soft as the sampling is coarse.
float inside(float x, float half_x, float y, float half_y, float footprint) {
  const float soft = 0.012F + 0.5F * footprint;
  return smoothstep(half_x + soft, half_x - soft, std::abs(x)) *
         smoothstep(half_y + soft, half_y - soft, std::abs(y));
}

// A dark line at distance `d`.
float line(float d, float half, float footprint) {
  const float soft = half + 0.5F * footprint;
  return smoothstep(soft * 1.4F, soft * 0.5F, std::abs(d)) * std::min(1.0F, 2 * half / soft);
}

void set(SurfaceLook& look, float share, Rgb albedo, float roughness, float specular) {
  look.albedo = lerp(look.albedo, albedo, share);
  look.roughness = lerp(look.roughness, roughness, share);
  look.specular = lerp(look.specular, specular, share);
  look.emission *= 1 - share;
}

constexpr Rgb kBlack{0.012F, 0.012F, 0.013F};
constexpr Rgb kGlass{0.018F, 0.021F, 0.024F};
constexpr Rgb kPlate{0.75F, 0.75F, 0.72F};

void set_glass(SurfaceLook& look, float share) { set(look, share, kGlass, 0.04F, 0.09F); }

}  // namespace

void BodyPaint::look_at(const SurfacePoint& point, SurfaceLook& look) const {
  const Vec3 p = point.texture;
  look.albedo = look_.paint;
  look.roughness = 0.13F;
  look.specular = 0.06F;
  const float half = 0.5F * shape_.length;
  if (shape_.is_bus()) {
    paint_bus(p, point.normal, point.footprint, look);
  } else {
    if (std::abs(p.y) > 0.36F * shape_.width) paint_side(p, point.footprint, look);
    if (p.x > half - 0.34F) paint_front(p, point.footprint, look);
    if (p.x < -half + 0.28F) paint_rear(p, point.footprint, look);
  }
  if (look_.dirt > 0) {
    const float low = smoothstep(0.9F, 0.15F, p.z);
    if (low > 0) {
      const float mud = look_.dirt * low * clamp01(0.5F + skin_noise(p * 3.1F));
      set(look, 0.8F * mud, srgb(0x7A6A55), 0.9F, 0.01F);
    }
  }
}

void BodyPaint::paint_side(Vec3 p, float footprint, SurfaceLook& look) const {
  const VehicleShape& s = shape_;
  // Doors: two on a car of this length, with handles.
  const float front_gap = s.screen_foot - 0.12F;
  const float middle = 0.5F * (s.screen_head + s.rear_head) + 0.08F;
  const float rear_gap = s.type == VehicleType::kPickup ? s.rear_foot + 0.05F : s.rear_axle + 0.42F;
  const float on_door = smoothstep(s.clearance + 0.1F, s.clearance + 0.16F, p.z) *
                        smoothstep(s.belt + 0.01F, s.belt - 0.03F, p.z);
  float gap =
      std::max(line(p.x - front_gap, 0.012F, footprint), line(p.x - middle, 0.012F, footprint));
  gap = std::max(gap, line(p.x - rear_gap, 0.012F, footprint)) * on_door;
  set(look, 0.85F * gap, kBlack, 0.8F, 0.01F);
  for (const float door : {middle + 0.18F, rear_gap + 0.18F}) {
    const float handle = inside(p.x - door, 0.09F, p.z - (s.belt - 0.13F), 0.018F, footprint);
    set(look, 0.6F * handle, kBlack, 0.3F, 0.05F);
  }
  const float sill = smoothstep(s.clearance + 0.17F, s.clearance + 0.13F, p.z);
  set(look, sill, kBlack, 0.8F, 0.02F);
  for (const float axle : {s.front_axle, s.rear_axle}) {
    const float d = std::hypot(p.x - axle, p.z - s.wheel_radius);
    const float arch =
        smoothstep(1.2F * s.wheel_radius + footprint, 1.17F * s.wheel_radius - footprint, d);
    set(look, arch, Rgb{0.004F, 0.004F, 0.004F}, 1, 0);
    if (s.type == VehicleType::kSuv || s.type == VehicleType::kPickup) {
      // Plastic cladding round the arch.
      const float cladding = line(d - 1.27F * s.wheel_radius, 0.04F, footprint);
      set(look, cladding, kBlack, 0.8F, 0.02F);
    }
  }
}

void BodyPaint::paint_front(Vec3 p, float footprint, SurfaceLook& look) const {
  const VehicleShape& s = shape_;
  const float half = 0.5F * s.width, y = std::abs(p.y);
  const float face = s.hood - s.clearance;  // height of the face
  const auto height = [&](float share) { return p.z - (s.clearance + share * face); };
  const bool tall = s.type == VehicleType::kSuv || s.type == VehicleType::kPickup;
  // Lower air intake and bumper.
  set(look, inside(y, 0.62F * half, height(0.2F), 0.1F * face, footprint), kBlack, 0.8F, 0.02F);
  if (s.type == VehicleType::kPickup) {
    set(look, inside(y, 0.9F * half, height(0.3F), 0.09F * face, footprint), Rgb{0.5F, 0.5F, 0.52F},
        0.15F, 0.5F);
  }
  // Grille between the lamps.
  const float grille_half = tall ? 0.52F * half : 0.42F * half;
  const float grille_height = tall ? 0.19F * face : 0.1F * face;
  const float grille_at = tall ? 0.66F : 0.62F;
  const float grille = inside(y, grille_half, height(grille_at), grille_height, footprint);
  set(look, grille, Rgb{0.02F, 0.02F, 0.022F}, 0.5F, 0.05F);
  const float slats = 0.5F + 0.5F * std::cos(height(grille_at) * 2 * kPi / 0.065F);
  set(look, grille * slats * 0.5F * texture_fade(0.065F, footprint), Rgb{0.35F, 0.35F, 0.37F}, 0.2F,
      0.3F);
  // Number plate.
  set(look, inside(y, 0.26F, height(0.36F), 0.055F, footprint), kPlate, 0.5F, 0.03F);
  // Headlamps: clear glass over something bright.
  const float lamp_y = 0.73F * half, lamp_half = tall ? 0.17F * half : 0.2F * half;
  const float lamp_height = (tall ? 0.12F : 0.095F) * face;
  const float slant = 0.12F * (y - lamp_y);
  const float lamp =
      inside(y - lamp_y, lamp_half, height(tall ? 0.7F : 0.66F) - slant, lamp_height, footprint);
  set(look, lamp, Rgb{0.72F, 0.76F, 0.8F}, 0.06F, 0.12F);
  const float core = std::hypot(y - lamp_y, height(tall ? 0.7F : 0.66F) - slant) / lamp_height;
  if (look_.lamps_on) {
    look.emission += Rgb{1, 0.96F, 0.86F} *
                     (look_.lamp_power * lamp * (0.5F + 3 * smoothstep(1.1F, 0.3F, core)));
  } else {
    look.albedo *= 1 - 0.55F * lamp * smoothstep(0.5F, 1.2F, core);
  }
}

void BodyPaint::paint_rear(Vec3 p, float footprint, SurfaceLook& look) const {
  const VehicleShape& s = shape_;
  const float half = 0.5F * s.width, y = std::abs(p.y);
  const float face = s.deck - s.clearance;
  const auto height = [&](float share) { return p.z - (s.clearance + share * face); };
  set(look, inside(y, 0.8F * half, height(0.1F), 0.11F * face, footprint), kBlack, 0.8F, 0.02F);
  // Lid of the boot or tailgate.
  const float lid =
      std::max(line(height(0.4F), 0.01F, footprint) * smoothstep(0.78F * half, 0.7F * half, y),
               line(y - 0.74F * half, 0.01F, footprint) * smoothstep(0, 0.03F, height(0.4F)));
  set(look, 0.8F * lid, kBlack, 0.8F, 0.01F);
  const bool low_plate = s.type == VehicleType::kSedan || s.type == VehicleType::kPickup;
  set(look, inside(y, 0.26F, height(low_plate ? 0.24F : 0.52F), 0.055F, footprint), kPlate, 0.5F,
      0.03F);
  // Tail lamps: across on a sedan, upright on the others.
  const bool upright = s.type != VehicleType::kSedan;
  const float lamp_y = (upright ? 0.84F : 0.72F) * half;
  const float lamp_half = (upright ? 0.1F : 0.22F) * half;
  const float lamp_height = (upright ? 0.2F : 0.1F) * face;
  const float lamp =
      inside(y - lamp_y, lamp_half, height(upright ? 0.7F : 0.72F), lamp_height, footprint);
  set(look, lamp, srgb(0xB0101A), 0.08F, 0.08F);
  if (look_.lamps_on) look.emission += Rgb{1.5F, 0.05F, 0.04F} * (look_.lamp_power * lamp);
}

void BodyPaint::paint_bus(Vec3 p, Vec3 normal, float footprint, SurfaceLook& look) const {
  const VehicleShape& s = shape_;
  (void)normal;
  const float half_l = 0.5F * s.length, half = 0.5F * s.width, y = std::abs(p.y);
  const float window_low = 1.35F, window_high = 0.84F * s.height;
  const float window_mid = 0.5F * (window_low + window_high);
  const float window_half = 0.5F * (window_high - window_low);
  // A stripe below the windows.
  set(look, inside(p.z - 1.12F, 0.07F, 0, 1, footprint), Rgb{0.6F, 0.62F, 0.65F}, 0.3F, 0.05F);
  if (y > 0.9F * half) {
    // Side windows between posts, and doors at the front on the right.
    const float bay = 1.28F;
    const float at = (p.x + half_l) / bay;
    const float within = (at - std::floor(at) - 0.5F) * bay;
    const float ends = inside(p.x, half_l - 0.45F, 0, 1, footprint);
    const float glass =
        inside(within, 0.5F * bay - 0.05F, p.z - window_mid, window_half, footprint);
    set_glass(look, glass * ends);
    if (p.y < 0) {
      for (const float door : {half_l - 1.0F, -0.3F}) {
        const float frame = inside(p.x - door, 0.56F, p.z - 1.42F, 1.05F, footprint);
        set(look, frame, kBlack, 0.5F, 0.03F);
        for (const float wing : {-0.27F, 0.27F}) {
          set_glass(look, inside(p.x - door - wing, 0.22F, p.z - 1.42F, 0.93F, footprint));
        }
      }
    }
    set(look, smoothstep(s.clearance + 0.12F, s.clearance + 0.08F, p.z), kBlack, 0.8F, 0.02F);
    for (const float axle : {s.front_axle, s.rear_axle}) {
      const float d = std::hypot(p.x - axle, p.z - s.wheel_radius);
      const float arch = smoothstep(1.22F * s.wheel_radius, 1.18F * s.wheel_radius - footprint, d);
      set(look, arch, Rgb{0.004F, 0.004F, 0.004F}, 1, 0);
    }
  }
  if (p.x > half_l - 0.3F) {
    set_glass(look, inside(y, 0.9F * half, p.z - 1.72F, 0.72F, footprint));
    set(look, line(p.y, 0.025F, footprint) * inside(p.z - 1.72F, 0.72F, 0, 1, footprint), kBlack,
        0.6F, 0.02F);
    // Where it goes, in lights.
    const float sign = inside(y, 0.7F * half, p.z - (0.9F * s.height), 0.13F, footprint);
    set(look, sign, kBlack, 0.3F, 0.04F);
    const float digits = sign * smoothstep(0.1F, 0.4F, noise2(p.y * 9, p.z * 14)) *
                         inside(y, 0.55F * half, p.z - 0.9F * s.height, 0.08F, footprint);
    look.emission += Rgb{1.1F, 0.6F, 0.1F} * (digits * 0.5F * std::min(1.0F, look_.lamp_power));
    const float lamp = inside(y - 0.78F * half, 0.15F, p.z - 0.72F, 0.1F, footprint);
    set(look, lamp, Rgb{0.75F, 0.78F, 0.8F}, 0.06F, 0.12F);
    if (look_.lamps_on) look.emission += Rgb{1, 0.96F, 0.86F} * (look_.lamp_power * 2.5F * lamp);
    set(look, inside(y, 0.26F, p.z - 0.55F, 0.06F, footprint), kPlate, 0.5F, 0.03F);
    set(look, inside(y, 0.92F * half, p.z - 0.4F, 0.07F, footprint), kBlack, 0.8F, 0.02F);
  } else if (p.x < -half_l + 0.3F) {
    set_glass(look, inside(y, 0.78F * half, p.z - 2.05F, 0.42F, footprint));
    for (const float at : {0.95F, 1.3F}) {
      const float lamp = inside(y - 0.82F * half, 0.1F, p.z - at, 0.13F, footprint);
      set(look, lamp, srgb(at > 1 ? 0xC98A20 : 0xB0101A), 0.08F, 0.08F);
      if (look_.lamps_on && at < 1) {
        look.emission += Rgb{1.5F, 0.05F, 0.04F} * (look_.lamp_power * lamp);
      }
    }
    // Louvres of the engine.
    const float louvres = inside(y, 0.55F * half, p.z - 0.85F, 0.22F, footprint);
    set(look, louvres * (0.5F + 0.5F * std::cos(p.z * 2 * kPi / 0.08F)), kBlack, 0.7F, 0.02F);
    set(look, inside(y, 0.26F, p.z - 1.28F, 0.06F, footprint), kPlate, 0.5F, 0.03F);
    set(look, inside(y, 0.92F * half, p.z - 0.4F, 0.07F, footprint), kBlack, 0.8F, 0.02F);
  }
}

GreenhousePaint::GreenhousePaint(const VehicleShape& shape, const VehicleLook& look)
    : shape_(shape), look_(look) {}

void GreenhousePaint::look_at(const SurfacePoint& point, SurfaceLook& look) const {
  look.albedo = look_.paint;
  look.roughness = 0.13F;
  look.specular = 0.06F;
  const float along = point.texture.x, across = point.texture.y, up = point.texture.z;
  const VehicleShape& s = shape_;
  const float span = lerp(s.screen_foot, s.screen_head, up) - lerp(s.rear_foot, s.rear_head, up);
  const float rise = s.height - s.belt;
  const float fx = point.footprint / span, fz = point.footprint / rise;
  if (up > 0.97F) return;
  const float band =
      smoothstep(0.04F - fz, 0.04F + fz, up) * smoothstep(0.87F + fz, 0.87F - fz, up);
  if (std::abs(point.normal.x * 0 + across) > 0.9F && along > 0.03F && along < 0.97F) {
    // Side windows; the posts stay in the colour of the car.
    const float middle = s.type == VehicleType::kPickup ? 0.34F : 0.52F;
    float post = line(along - middle, 0.02F, fx);
    if (s.type == VehicleType::kSuv || s.type == VehicleType::kCar)
      post = std::max(post, line(along - 0.2F, 0.02F, fx));
    const float ends =
        smoothstep(0.05F - fx, 0.06F + fx, along) * smoothstep(0.95F + fx, 0.94F - fx, along);
    set_glass(look, band * ends * (1 - post));
    set(look, band * ends * post, kBlack, 0.4F, 0.04F);
  } else {
    const float sides = smoothstep(0.9F, 0.86F, std::abs(across));
    set_glass(look, band * sides);
  }
}

void WheelPaint::look_at(const SurfacePoint& point, SurfaceLook& look) const {
  // The mesh was turned by the lathe: its axis is z here.
  const float r = std::hypot(point.texture.x, point.texture.y) / radius_;
  look.albedo = {0.018F, 0.018F, 0.019F};
  look.roughness = 0.85F;
  look.specular = 0.02F;
  const float soft = 0.02F + point.footprint / radius_;
  const float rim = smoothstep(0.66F + soft, 0.64F - soft, r);
  const float angle = std::atan2(point.texture.y, point.texture.x);
  const float spoke = 0.5F + 0.5F * std::cos(static_cast<float>(spokes_) * angle);
  const float open =
      smoothstep(0.2F, 0.28F, r) * smoothstep(0.58F, 0.52F, r) * smoothstep(0.62F, 0.38F, spoke);
  set(look, rim, lerp(rim_, kBlack, 0.9F * open), 0.3F, 0.2F);
}

}  // namespace ersatz::data::scenes
