#include "data/scenes/car/vehicle.h"

#include <array>
#include <cstddef>
#include <utility>

#include "core/error.h"
#include "data/scenes/car/vehicle_paint.h"

namespace ersatz::data::scenes {
namespace {

struct HalfPoint {
  float out, up;  // shares of half width and height
};

// Cross sections from the middle of the top down one side to the middle of the bottom.
constexpr std::array<HalfPoint, 11> kCarSection = {{{0, 1},
                                                    {0.5F, 0.995F},
                                                    {0.8F, 0.975F},
                                                    {0.92F, 0.93F},
                                                    {0.975F, 0.8F},
                                                    {1, 0.58F},
                                                    {0.992F, 0.34F},
                                                    {0.965F, 0.14F},
                                                    {0.9F, 0.0F},
                                                    {0.5F, 0.0F},
                                                    {0, 0}}};
constexpr std::array<HalfPoint, 11> kBusSection = {{{0, 1},
                                                    {0.6F, 0.998F},
                                                    {0.86F, 0.985F},
                                                    {0.96F, 0.955F},
                                                    {0.992F, 0.9F},
                                                    {1, 0.6F},
                                                    {1, 0.3F},
                                                    {0.995F, 0.05F},
                                                    {0.96F, 0.0F},
                                                    {0.5F, 0.0F},
                                                    {0, 0}}};

// Height of the body's top along x.
float top_at(const VehicleShape& s, float x) {
  if (s.is_bus()) return s.height;
  const float front = 0.5F * s.length, rear = -front;
  if (x > s.screen_foot) {
    const float t = clamp01((x - s.screen_foot) / (front - s.screen_foot));
    return lerp(s.belt, s.hood, t * t * 0.55F + t * 0.45F);
  }
  if (x < s.rear_foot) {
    const float t = clamp01((s.rear_foot - x) / std::max(0.05F, s.rear_foot - rear));
    return lerp(s.belt, s.deck, t);
  }
  return s.belt;
}

Mesh body_mesh(const VehicleShape& s) {
  constexpr int kStations = 26, kHalf = 11, kRing = 2 * (kHalf - 1);
  const auto& section = s.is_bus() ? kBusSection : kCarSection;
  const float half = 0.5F * s.length;
  Mesh mesh = grid_mesh(kRing, kStations, true, [&](float u, float v) {
    // Stations crowd at the ends, where the body curves in.
    const float t = 0.5F - 0.5F * std::cos(kPi * v);
    const float x = -half + s.length * t;
    const float round = x > 0 ? s.nose_round : s.tail_round;
    const float depth = clamp01((std::abs(x) - (half - round)) / round);
    const float curve = std::sqrt(std::max(0.0F, 1 - square(0.97F * depth)));
    const float narrow = 0.72F + 0.28F * curve;
    const float top = top_at(s, x) - 0.06F * (1 - curve) * (s.is_bus() ? 3.0F : 1.0F);
    const float bottom = s.clearance + 0.1F * (1 - curve);
    const int at = static_cast<int>(std::lround(u * kRing)) % kRing;
    const bool left = at > kHalf - 1;
    const HalfPoint& p = section[static_cast<std::size_t>(left ? kRing - at : at)];
    const float out = 0.5F * s.width * narrow * p.out * (left ? 1.0F : -1.0F);
    const Vec3 position{x, out, lerp(bottom, top, p.up)};
    return Vertex{position, {}, position};
  });
  // Both ends are closed flat.
  const std::size_t last_ring = mesh.vertices.size() - kRing;
  for (const bool front : {false, true}) {
    const std::size_t first = front ? last_ring : 0;
    const auto start = static_cast<std::uint32_t>(mesh.vertices.size());
    Vec3 middle;
    const Vec3 normal{front ? 1.0F : -1.0F, 0, 0};
    for (std::size_t i = 0; i < kRing; ++i) {
      Vertex vertex = mesh.vertices[first + i];
      vertex.normal = normal;
      middle += vertex.position / static_cast<float>(kRing);
      mesh.vertices.push_back(vertex);
    }
    mesh.vertices.push_back({middle, normal, middle});
    const std::uint32_t centre = start + kRing;
    for (std::uint32_t i = 0; i < kRing; ++i) {
      const std::uint32_t a = start + i, b = start + (i + 1) % kRing;
      if (front) {
        mesh.triangles.push_back({centre, a, b});
      } else {
        mesh.triangles.push_back({centre, b, a});
      }
    }
  }
  return mesh;
}

Mesh greenhouse_mesh(const VehicleShape& s) {
  constexpr int kAround = 32, kRows = 9;
  return grid_mesh(kAround, kRows, true, [&](float u, float v) {
    // The last rows close the roof towards its middle.
    constexpr std::array<float, kRows> kUp = {0, 0.3F, 0.6F, 0.84F, 0.94F, 0.985F, 1, 1, 1};
    constexpr std::array<float, kRows> kIn = {1, 1, 1, 1, 1, 0.96F, 0.86F, 0.5F, 0.02F};
    const auto row = static_cast<std::size_t>(std::lround(v * (kRows - 1)));
    const float up = kUp[row], inwards = kIn[row];
    // A rounded rectangle in the plane: a superellipse.
    const float angle = 2 * kPi * (u + 0.5F / kAround);
    const float c = std::cos(angle), n = std::sin(angle);
    const float power =
        1 / std::pow(std::pow(std::abs(c), 7.0F) + std::pow(std::abs(n), 7.0F), 1 / 7.0F);
    const float a = c * power, b = n * power;
    const float front = lerp(s.screen_foot, s.screen_head, up);
    const float rear = lerp(s.rear_foot, s.rear_head, up);
    const float half = 0.5F * s.width * lerp(0.93F, 0.74F, up);
    const float crown = 0.035F * (1 - square(inwards)) + 0.03F * up * (1 - std::abs(b) * inwards);
    const Vec3 position{0.5F * (front + rear) + 0.5F * (front - rear) * a * inwards,
                        half * b * inwards, lerp(s.belt - 0.03F, s.height - 0.04F, up) + crown};
    return Vertex{position, {}, {0.5F + 0.5F * a * inwards, b * inwards, up}};
  });
}

Mesh wheel_mesh(float radius, float width) {
  const float tread = radius - 0.02F, rim = 0.64F * radius, half = 0.5F * width;
  Mesh mesh = lathe_mesh({{0.02F, -half + 0.02F},
                          {rim, -half + 0.03F},
                          {rim, -half + 0.03F},
                          {rim + 0.02F, -half},
                          {tread, -half},
                          {radius, -half + 0.04F},
                          {radius, half - 0.04F},
                          {tread, half},
                          {rim + 0.02F, half},
                          {rim, half - 0.03F},
                          {rim, half - 0.03F},
                          {0.02F, half - 0.02F}},
                         22);
  for (Vertex& vertex : mesh.vertices) vertex.texture = vertex.position;
  // The axle across the vehicle.
  mesh.transform(rotation({1, 0, 0}, kPi / 2), {});
  return mesh;
}

Mesh mirrors(const VehicleShape& s) {
  Mesh mesh;
  for (const float side : {-1.0F, 1.0F}) {
    Mesh one = radial_mesh(8, 5, [](Vec3) { return 1.0F; });
    const Mat3 size{{0.07F, 0, 0}, {0, 0.11F, 0}, {0, 0, 0.075F}};
    one.transform(size, {s.screen_foot - 0.32F, side * (0.5F * s.width + 0.05F), s.belt + 0.1F});
    mesh.append(one);
  }
  return mesh;
}

}  // namespace

VehicleShape choose_shape(const std::string& type, core::Stream& random) {
  const auto vary = [&random](float value, float share) {
    return value * (1 + share * random.uniform(-1, 1));
  };
  VehicleShape s{};
  s.type = type;
  if (type == "car") {
    s = {type,   vary(3.85F, 0.04F),
         1.72F,  vary(1.5F, 0.03F),
         0.19F,  0.93F,
         0.74F,  0.94F,
         1.15F,  0.35F,
         -1.45F, -1.82F,
         0.31F,  1.22F,
         -1.22F, 0.42F,
         0.25F};
  } else if (type == "sedan") {
    s = {type,   vary(4.75F, 0.04F),
         1.83F,  vary(1.43F, 0.02F),
         0.18F,  0.92F,
         0.72F,  0.9F,
         1.12F,  0.38F,
         -0.95F, -1.62F,
         0.33F,  1.42F,
         -1.4F,  0.5F,
         0.38F};
  } else if (type == "suv") {
    s = {type,   vary(4.65F, 0.04F),
         1.92F,  vary(1.8F, 0.03F),
         0.27F,  1.12F,
         0.98F,  1.1F,
         1.1F,   0.6F,
         -1.95F, -2.2F,
         0.38F,  1.38F,
         -1.38F, 0.4F,
         0.22F};
  } else if (type == "pickup") {
    s = {type,   vary(5.4F, 0.03F),
         1.95F,  vary(1.85F, 0.03F),
         0.3F,   1.14F,
         1.02F,  1.12F,
         1.25F,  0.72F,
         -0.62F, -0.78F,
         0.4F,   1.72F,
         -1.68F, 0.38F,
         0.16F};
  } else if (type == "bus") {
    s = {type,  vary(9.5F, 0.08F),
         2.5F,  vary(3.05F, 0.04F),
         0.32F, 1.3F,
         1.3F,  1.3F,
         0,     0,
         0,     0,
         0.48F, 2.9F,
         -2.6F, 0.35F,
         0.25F};
  } else {
    throw core::Error::internal("no such vehicle: " + type);
  }
  // What was said for a body of the usual length moves with the ends.
  s.front_axle = std::min(s.front_axle, 0.5F * s.length - 0.68F);
  s.rear_axle = std::max(s.rear_axle, -0.5F * s.length + 0.68F);
  if (!s.is_bus()) s.rear_foot = std::max(s.rear_foot, -0.5F * s.length + 0.08F);
  return s;
}

std::vector<VehiclePiece> make_vehicle(World& world, const VehicleShape& shape,
                                       const VehicleLook& look, core::Stream& random) {
  std::vector<VehiclePiece> pieces;
  pieces.push_back({body_mesh(shape), world.make<BodyPaint>(shape, look)});
  if (!shape.is_bus()) {
    pieces.push_back({greenhouse_mesh(shape), world.make<GreenhousePaint>(shape, look)});
  }
  const float tyre = shape.is_bus() ? 0.32F : 0.24F;
  const Rgb rim = hsv(0.6F, 0.03F, random.uniform(0.45F, 0.85F));
  const auto* wheel =
      world.make<WheelPaint>(shape.wheel_radius, 5 + static_cast<int>(random.below(3)), rim);
  Mesh wheels;
  for (const float axle : {shape.front_axle, shape.rear_axle}) {
    for (const float side : {-1.0F, 1.0F}) {
      Mesh one = wheel_mesh(shape.wheel_radius, tyre);
      one.transform({},
                    {axle, side * (0.5F * shape.width - 0.5F * tyre + 0.015F), shape.wheel_radius});
      wheels.append(one);
    }
  }
  pieces.push_back({std::move(wheels), wheel});
  SurfaceLook mirror;
  mirror.albedo = shape.is_bus() ? Rgb{0.02F, 0.02F, 0.02F} : look.paint;
  mirror.roughness = 0.2F;
  if (!shape.is_bus()) pieces.push_back({mirrors(shape), world.make<PlainMaterial>(mirror)});
  if (shape.type == "pickup") {
    // The open bed: a dark floor with walls round it.
    const float rear = -0.5F * shape.length + 0.12F, front = shape.rear_foot - 0.12F;
    const float half = 0.5F * shape.width - 0.2F, top = shape.deck + 0.012F;
    Mesh bed = box_mesh({rear, -half, top - 0.05F}, {front, half, top});
    SurfaceLook floor;
    floor.albedo = {0.012F, 0.012F, 0.013F};
    floor.roughness = 0.9F;
    pieces.push_back({std::move(bed), world.make<PlainMaterial>(floor)});
  }
  return pieces;
}

}  // namespace ersatz::data::scenes
