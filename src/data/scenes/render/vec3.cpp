#include "data/scenes/render/vec3.h"

namespace ersatz::data::scenes {
namespace {

float to_linear(float encoded) {
  return encoded <= 0.04045F ? encoded / 12.92F : std::pow((encoded + 0.055F) / 1.055F, 2.4F);
}

}  // namespace

Rgb srgb(unsigned rrggbb) {
  const auto channel = [rrggbb](unsigned shift) {
    return to_linear(static_cast<float>(rrggbb >> shift & 0xFFU) / 255);
  };
  return {channel(16), channel(8), channel(0)};
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
