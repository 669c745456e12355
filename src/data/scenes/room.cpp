#include "data/scenes/room.h"

#include "data/scenes/render/noise.h"
#include "data/scenes/surfaces.h"

namespace ersatz::data::scenes {

Rgb Room::backdrop(Vec3 direction, float pixel) const {
  (void)pixel;
  const float height = direction.z;
  Rgb light = lerp(look_.wall, look_.ceiling, smoothstep(0.15F, 0.7F, height));
  light = lerp(light, look_.floor, smoothstep(-0.22F, -0.55F, height));
  // Furniture and pictures, far out of focus.
  const float x = 3.5F * std::atan2(direction.x, direction.y), y = 4 * height;
  const float blobs = fractal2(x + look_.offset.x, y + look_.offset.y, 2);
  return light * std::max(0.1F, 1 + 1.6F * look_.clutter * blobs);
}

Rgb Room::reflection(Vec3 direction, float roughness) const {
  const float soft = 0.12F + 0.8F * roughness;
  const float height = direction.z;
  Rgb light = lerp(look_.wall, look_.ceiling, smoothstep(-0.1F, 0.4F + soft, height));
  light = lerp(light, look_.floor, smoothstep(soft, -soft, height));
  const float cosine = dot(direction, look_.lamp);
  const float rim = 1 / std::sqrt(1 + square(look_.lamp_size));
  const float lamp = smoothstep(rim - 0.25F * soft, rim + 0.06F * soft, cosine);
  return light + look_.lamp_light * (lamp / (1 + 6 * roughness));
}

void light_room(World& world, float domain, core::Stream& random) {
  const auto between = [domain](float web, float camera) { return lerp(web, camera, domain); };
  Light& light = world.light;
  const float azimuth = random.uniform(0, 2 * kPi);
  // A window stands at the side; the ceiling lamp of the camera's place is higher.
  const float elevation = between(random.uniform(0.6F, 1.05F), random.uniform(0.85F, 1.35F));
  light.towards = {std::cos(elevation) * std::cos(azimuth), std::cos(elevation) * std::sin(azimuth),
                   std::sin(elevation)};
  light.size = between(random.uniform(0.14F, 0.3F), random.uniform(0.05F, 0.14F));
  const float warmth = random.uniform(-0.06F, 0.1F);
  const Rgb tint{1 + warmth, 1, 1 - warmth};
  const float ratio = random.uniform(0.75F, 1.2F);
  light.key = tint * (1.5F * ratio);
  const float fill = between(0.42F, 0.33F) * random.uniform(0.8F, 1.2F);
  light.from_above = Rgb{0.96F, 1, 1.05F} * fill;
  light.from_below = Rgb{1.05F, 1, 0.92F} * (0.45F * fill);

  Room::Look room;
  const Rgb wall =
      hsv(random.uniform(0.03F, 0.65F), random.uniform(0, 0.25F), random.uniform(0.35F, 0.95F));
  room.wall = wall * 0.95F;
  room.ceiling = Rgb{0.75F, 0.76F, 0.78F};
  room.floor = light.from_below * 0.5F;
  room.lamp = light.towards;
  room.lamp_size = light.size * 1.4F;
  room.lamp_light = tint * random.uniform(3, 6);
  room.clutter = between(0.35F, 0.8F);
  room.offset = random_offset(random);
  world.environment = world.make<Room>(room);
}

}  // namespace ersatz::data::scenes
