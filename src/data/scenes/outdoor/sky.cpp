#include "data/scenes/outdoor/sky.h"

#include "data/scenes/render/noise.h"
#include "data/scenes/surfaces.h"

namespace ersatz::data::scenes {
namespace {

// Colours of a clear sky and of the light at a time of day.
struct TimeOfDay {
  Rgb zenith, horizon, glow, key;
  float elevation_low, elevation_high;  // of the sun, radians
  float fill;                           // ambient light, relative to the sky's own colour
};

TimeOfDay time_of_day(const std::string& time) {
  if (time == "sunrise") {
    return {srgb(0x7FA3D6), srgb(0xFFD3B8), srgb(0xFFB08A) * 1.6F, Rgb{2.0F, 1.45F, 1.15F}, 0.12F,
            0.22F,          0.75F};
  }
  if (time == "noon") {
    return {srgb(0x2C6CC8),
            srgb(0xA8CFF0),
            srgb(0xFFFFFF) * 0.3F,
            Rgb{2.9F, 2.8F, 2.6F},
            1.2F,
            1.4F,
            0.8F};
  }
  if (time == "sunset") {
    return {srgb(0x4B4A86),
            srgb(0xFF8C3C),
            srgb(0xFF5A1E) * 2,
            Rgb{2.2F, 1.2F, 0.6F},
            0.08F,
            0.16F,
            0.7F};
  }
  if (time == "night") {
    return {srgb(0x070A18), srgb(0x141A33), Rgb{}, Rgb{0.16F, 0.13F, 0.085F}, 0.9F, 1.2F, 2.2F};
  }
  return {srgb(0x4F8AD6), srgb(0xC3DCF2), srgb(0xFFF4DC) * 0.5F, Rgb{2.4F, 2.25F, 1.95F}, 0.6F,
          0.85F,          0.85F};
}

bool is_one_of(const std::string& value, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (value == name) return true;
  }
  return false;
}

}  // namespace

Rgb Sky::air(Vec3 direction) const {
  const float up = std::max(0.0F, direction.z);
  const float fall = 1 - up;
  const float low = fall * fall * fall * fall * fall * fall;
  Rgb sky = lerp(look_.zenith, look_.horizon, low);
  const float towards = std::max(0.0F, dot(direction, look_.sun));
  const float wide = towards * towards * towards;
  return sky + look_.glow * (wide * (0.25F + 0.75F * low) * 0.6F);
}

Rgb Sky::over_skyline(Rgb sky, Vec3 direction, float pixel) const {
  if (look_.skyline == Horizon::kPlain) return sky;
  const float azimuth = std::atan2(direction.x, direction.y);
  const float height = direction.z / std::max(0.05F, std::hypot(direction.x, direction.y));
  if (height > 0.45F) return sky;
  for (int layer = 1; layer >= 0; --layer) {
    const auto far = static_cast<float>(layer);
    const float haze = 0.2F + 0.4F * far;
    const Rgb colour = lerp(look_.skyline_colour, look_.horizon, haze);
    float top = 0;
    Rgb face = colour;
    if (look_.skyline == Horizon::kTowers) {
      const float bays = 7 + 5 * far;
      const float at = azimuth * bays + look_.offset.x + 13 * far;
      const float bay = std::floor(at), within = at - bay;
      const float pick = unit_hash(static_cast<int>(bay), layer, 11);
      const float width = 0.55F + 0.45F * unit_hash(static_cast<int>(bay), layer, 12);
      top = within < width ? 0.1F + (0.3F - 0.08F * far) * pick * pick + 0.03F * far : 0.03F;
      const float tone = 0.75F + 0.5F * unit_hash(static_cast<int>(bay), layer, 13);
      face = colour * tone;
      const float window_x = std::floor(within * 14), window_y = std::floor(height * 90);
      const float lamp =
          unit_hash(static_cast<int>(window_x + 40 * bay), static_cast<int>(window_y), 17);
      if (lamp < look_.lit_windows) {
        face += Rgb{0.5F, 0.38F, 0.2F} * (1 - 0.5F * far);
      } else {
        face *= 1 - 0.18F * unit_hash(static_cast<int>(window_x), static_cast<int>(window_y), 19);
      }
    } else {
      const bool hills = look_.skyline == Horizon::kHills;
      const float rough = hills ? 2.2F : 9.0F;
      const float bumps = fractal2(azimuth * rough + look_.offset.x + 7 * far, 3 + far, 3);
      top = hills ? 0.05F + 0.05F * far + (0.06F + 0.06F * far) * bumps
                  : 0.055F + 0.02F * far + 0.05F * bumps;
      if (height >= top + pixel) continue;
      const float leaves = fractal2(azimuth * 40, height * 40, 2);
      face = colour * (1 + (hills ? 0.1F : 0.35F) * leaves);
    }
    const float share = smoothstep(top + pixel, top - pixel, height);
    sky = lerp(sky, face, share);
  }
  return sky;
}

Rgb Sky::backdrop(Vec3 direction, float pixel) const {
  if (direction.z < -0.02F) return look_.ground;
  Rgb sky = air(direction);
  const float cosine = dot(direction, look_.sun);
  if (look_.stars > 0 && direction.z > 0) {
    const float x = std::atan2(direction.x, direction.y) * 60, y = direction.z * 60;
    const Cell cell = cells2(x, y, 0.8F);
    if ((cell.id & 7U) == 0) {
      sky += Rgb{1, 1, 1} * (look_.stars * smoothstep(0.11F, 0.03F, cell.distance));
    }
  }
  sky += look_.disc * smoothstep(0.9985F, 0.9995F, cosine);
  if (look_.clouds > 0) {
    // A flat layer above, so that clouds shrink towards the horizon.
    const float scale = 1 / (std::max(0.0F, direction.z) + 0.14F);
    const float x = direction.x * scale * 1.1F + look_.offset.x;
    const float y = direction.y * scale * 1.1F + look_.offset.y;
    const float density = fractal2(x * 1.6F, y * 1.6F, 4);
    const float level = lerp(0.35F, -0.9F, look_.clouds);
    const float cover = smoothstep(level, level + 0.35F, density);
    const float share = cover * smoothstep(0.0F, 0.1F, direction.z + 0.05F) * 0.95F;
    if (share > 0) {
      // Their sunny side: where it is thinner towards the sun.
      const float behind =
          fractal2((x + 0.18F * look_.sun.x) * 1.6F, (y + 0.18F * look_.sun.y) * 1.6F, 2);
      const float lit = clamp01(0.55F + 0.9F * (density - behind) - 0.35F * density);
      sky = lerp(sky, lerp(look_.cloud_shade, look_.cloud_light, lit), share);
    }
  }
  return over_skyline(sky, direction, pixel);
}

Rgb Sky::reflection(Vec3 direction, float roughness) const {
  const float soft = 0.02F + 0.6F * roughness;
  Rgb sky = air(direction);
  if (look_.clouds > 0) {
    sky = lerp(sky, lerp(look_.cloud_shade, look_.cloud_light, 0.6F), 0.8F * look_.clouds);
  }
  const float cosine = dot(direction, look_.sun);
  sky += look_.disc * (0.05F * smoothstep(0.99F - 0.2F * roughness, 1.0F, cosine));
  // What stands round about is darker than sky and road: the line in every car's paint.
  const float band = look_.skyline == Horizon::kPlain ? 0.06F : 0.2F;
  sky = lerp(look_.skyline_colour * 0.6F, sky, smoothstep(-soft, band + soft, direction.z));
  return lerp(look_.ground, sky, smoothstep(-0.02F - soft, 0.02F + soft, direction.z));
}

void light_outdoors(World& world, const OutdoorLight& outdoor, core::Stream& random) {
  const TimeOfDay time = time_of_day(outdoor.time);
  const std::string& weather = outdoor.weather;
  const bool night = outdoor.time == "night";
  const bool low_sun = outdoor.time == "sunrise" || outdoor.time == "sunset";
  const float elevation = random.uniform(time.elevation_low, time.elevation_high);
  // Left of the picture in the morning, right in the evening, ahead of the camera enough to be
  // felt; at other times the light comes from behind the camera.
  float azimuth = outdoor.heading;
  if (outdoor.time == "sunrise") {
    azimuth -= random.uniform(0.35F, 1.2F);
  } else if (outdoor.time == "sunset") {
    azimuth += random.uniform(0.35F, 1.2F);
  } else {
    azimuth += kPi + random.uniform(-1.3F, 1.3F);
  }
  Sky::Look look;
  look.sun = {std::cos(elevation) * std::sin(azimuth), std::cos(elevation) * std::cos(azimuth),
              std::sin(elevation)};
  look.zenith = time.zenith;
  look.horizon = time.horizon;
  look.glow = time.glow;
  look.disc = night ? Rgb{} : normalized(time.key) * 40;
  look.stars = night ? 0.22F : 0;
  look.lit_windows = night ? 0.35F : (low_sun ? 0.08F : 0);
  look.skyline = outdoor.horizon;
  look.offset = random_offset(random);
  look.cloud_light = night ? srgb(0x2A2F42) : lerp(time.horizon, Rgb{1, 1, 1}, 0.55F);
  look.cloud_shade = night ? srgb(0x161A28) : lerp(time.zenith, srgb(0x9AA3B0), 0.7F) * 0.8F;
  if (outdoor.time == "sunset") look.cloud_light = srgb(0xFFA070) * 1.1F;
  if (outdoor.time == "sunrise") look.cloud_light = srgb(0xFFD9CC) * 1.1F;

  Rgb key = time.key;
  float size = 0.02F;
  float veil = 0;  // how much a closed layer of cloud or fog evens the sky out
  if (outdoor.sky == "cloudy") {
    look.clouds = random.uniform(0.58F, 0.72F);
    key *= 0.75F;
    size = 0.05F;
    look.stars *= 0.3F;
  }
  if (weather == "sunny") {
    key *= 1.2F;
    size = 0.012F;
  } else if (is_one_of(weather, {"overcast", "raining", "flood rain", "snowing"})) {
    const bool clear = outdoor.sky == "clear";
    veil = clear ? 0.25F : 0.85F;
    key *= clear ? 0.7F : 0.18F;
    size = clear ? 0.04F : 0.5F;
    if (!clear) {
      look.clouds = 0.95F;
      look.disc = {};
      look.glow *= 0.25F;
    }
  } else if (is_one_of(weather, {"foggy", "foggy smoke"})) {
    veil = 1;
    key *= 0.15F;
    size = 0.5F;
    look.clouds = 0;
    look.disc = {};
    look.stars = 0;
    look.glow *= 0.3F;
  }
  if (veil > 0) {
    const float dim = is_one_of(weather, {"raining", "flood rain"}) ? 0.55F : 0.85F;
    const float level = std::max(0.004F, 0.75F * luminance(time.horizon) * dim);
    // The layer keeps a breath of the hour's colour.
    const Rgb grey = lerp(Rgb{0.95F, 1, 1.06F} * level, time.horizon * dim, 0.22F);
    look.zenith = lerp(look.zenith, grey * 0.85F, veil);
    look.horizon = lerp(look.horizon, grey, veil);
    look.cloud_light = lerp(look.cloud_light, grey * 1.15F, veil);
    look.cloud_shade = lerp(look.cloud_shade, grey * 0.7F, veil);
  }

  const Rgb sky_mean = lerp(look.zenith, look.horizon, 0.45F);
  const float clouded = std::max(look.clouds * 0.5F, veil);
  const Rgb around = lerp(sky_mean, look.cloud_light, 0.4F * clouded);
  world.light.towards = look.sun;
  world.light.key = key;
  world.light.size = size;
  // Eyes and cameras take a part of the hour's cast for white: colours must stay readable.
  const float grey = luminance(around);
  world.light.from_above =
      lerp(around, Rgb{grey, grey, grey}, low_sun ? 0.6F : 0.2F) * (time.fill * 1.15F);
  world.light.from_below = (around * 0.3F + key * (0.12F * look.sun.z)) * 0.7F;
  if (night) world.light.from_above += Rgb{0.02F, 0.017F, 0.013F};
  look.ground = (world.light.from_above + key * look.sun.z) * 0.16F;
  look.skyline_colour = outdoor.horizon == Horizon::kTowers
                            ? srgb(0x7C8390) * (world.light.from_above * 1.1F + key * 0.25F)
                            : srgb(0x4F6B3C) * (world.light.from_above * 1.1F + key * 0.25F);

  if (is_one_of(weather, {"foggy", "foggy smoke"})) {
    const bool smoke = weather == "foggy smoke";
    // Thick enough to be seen on the subject, thin enough that it is not lost.
    world.fog.density = (smoke ? random.uniform(0.7F, 0.95F) : random.uniform(0.45F, 0.65F)) /
                        std::max(0.1F, outdoor.distance);
    const Rgb tint = smoke ? Rgb{1.02F, 0.9F, 0.74F} * 0.8F : Rgb{1, 1, 1};
    world.fog.colour = look.horizon * tint;
    look.zenith = look.zenith * tint;
    look.horizon = look.horizon * tint;
    look.skyline = Horizon::kPlain;
  } else {
    world.fog.density = is_one_of(weather, {"raining", "flood rain", "snowing"}) ? 0.006F : 0.0015F;
    world.fog.colour = look.horizon;
  }
  world.environment = world.make<Sky>(look);
}

}  // namespace ersatz::data::scenes
