// Points, directions and linear colours of the scene renderer.
#pragma once

#include <algorithm>
#include <cmath>

namespace ersatz::data::scenes {

inline constexpr float kPi = 3.14159265358979F;

struct Vec3 {
  float x = 0, y = 0, z = 0;
};

// Linear light or reflectance: red, green, blue in x, y, z.
using Rgb = Vec3;

inline Vec3 operator+(Vec3 a, Vec3 b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
inline Vec3 operator-(Vec3 a, Vec3 b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
inline Vec3 operator-(Vec3 a) { return {-a.x, -a.y, -a.z}; }
inline Vec3 operator*(Vec3 a, float s) { return {a.x * s, a.y * s, a.z * s}; }
inline Vec3 operator*(float s, Vec3 a) { return a * s; }
inline Vec3 operator*(Vec3 a, Vec3 b) { return {a.x * b.x, a.y * b.y, a.z * b.z}; }
inline Vec3 operator/(Vec3 a, float s) { return a * (1 / s); }
inline Vec3& operator+=(Vec3& a, Vec3 b) { return a = a + b; }
inline Vec3& operator-=(Vec3& a, Vec3 b) { return a = a - b; }
inline Vec3& operator*=(Vec3& a, float s) { return a = a * s; }
inline Vec3& operator*=(Vec3& a, Vec3 b) { return a = a * b; }

inline float dot(Vec3 a, Vec3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
inline Vec3 cross(Vec3 a, Vec3 b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
inline float length(Vec3 a) { return std::sqrt(dot(a, a)); }
// (0, 0, 1) for the null vector.
inline Vec3 normalized(Vec3 a) {
  const float squared = dot(a, a);
  return squared > 0 ? a * (1 / std::sqrt(squared)) : Vec3{0, 0, 1};
}
// `normal` must be of unit length; `direction` points away from the surface.
inline Vec3 reflected(Vec3 direction, Vec3 normal) {
  return normal * (2 * dot(direction, normal)) - direction;
}

inline float lerp(float a, float b, float t) { return a + (b - a) * t; }
inline Vec3 lerp(Vec3 a, Vec3 b, float t) { return a + (b - a) * t; }
inline float clamp01(float a) { return std::min(1.0F, std::max(0.0F, a)); }
// 0 below `lo`, 1 above `hi`, smooth in between; `lo` > `hi` turns it round.
inline float smoothstep(float lo, float hi, float a) {
  const float t = clamp01((a - lo) / (hi - lo));
  return t * t * (3 - 2 * t);
}
inline float square(float a) { return a * a; }

inline float luminance(Rgb c) { return 0.2126F * c.x + 0.7152F * c.y + 0.0722F * c.z; }

// A colour as people write it, 0xRRGGBB in sRGB, as linear light.
Rgb srgb(unsigned rrggbb);
// Of hue in turns (0 red, 1/3 green), saturation and value in [0, 1], in sRGB, as linear light.
Rgb hsv(float hue, float saturation, float value);

// A rotation (or any linear map), as three columns.
struct Mat3 {
  Vec3 x{1, 0, 0}, y{0, 1, 0}, z{0, 0, 1};
  Vec3 operator*(Vec3 v) const { return x * v.x + y * v.y + z * v.z; }
  Mat3 operator*(const Mat3& other) const {
    return {*this * other.x, *this * other.y, *this * other.z};
  }
};
Mat3 rotation(Vec3 unit_axis, float radians);
// The rotation that turns the z axis into the unit vector `up`.
Mat3 tilt_to(Vec3 up);

}  // namespace ersatz::data::scenes
