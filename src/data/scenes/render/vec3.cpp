#include "data/scenes/render/vec3.h"

#include <array>
#include <cstddef>

namespace ersatz::data::scenes {
namespace {

float to_linear(float encoded) {
  return encoded <= 0.04045F ? encoded / 12.92F : std::pow((encoded + 0.055F) / 1.055F, 2.4F);
}

}  // namespace

Rgb srgb(unsigned rrggbb) {
  // Materials call this for every point.
  static const std::array<float, 256> linear = [] {
    std::array<float, 256> values{};
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = to_linear(static_cast<float>(i) / 255);
    }
    return values;
  }();
  return {linear[rrggbb >> 16 & 0xFFU], linear[rrggbb >> 8 & 0xFFU], linear[rrggbb & 0xFFU]};
}

Rgb hsv(float hue, float saturation, float value) {
  const auto channel = [&](float n) {
    float k = std::fmod(n + hue * 6, 6.0F);
    if (k < 0) k += 6;
    return to_linear(value - value * saturation * clamp01(std::min(k, 4 - k)));
  };
  return {channel(5), channel(3), channel(1)};
}

Mat3 rotation(Vec3 unit_axis, float radians) {
  const float c = std::cos(radians), s = std::sin(radians);
  const auto turn = [&](Vec3 v) {
    return v * c + cross(unit_axis, v) * s + unit_axis * (dot(unit_axis, v) * (1 - c));
  };
  return {turn({1, 0, 0}), turn({0, 1, 0}), turn({0, 0, 1})};
}

Mat3 tilt_to(Vec3 up) {
  const Vec3 axis{-up.y, up.x, 0};  // z cross up
  const float sine = length(axis);
  if (sine < 1e-6F) return up.z > 0 ? Mat3{} : rotation({1, 0, 0}, kPi);
  return rotation(axis / sine, std::atan2(sine, up.z));
}

}  // namespace ersatz::data::scenes
