#include "data/photos/rotate.h"

#include <cmath>
#include <cstring>

namespace ersatz::data {
namespace {

constexpr double kDegree = 3.14159265358979323846 / 180;

int fixed_point(double value) { return static_cast<int>(std::floor(value * 65536.0 + 0.5)); }

// Image.rotate rounds the matrix to 15 decimals.
double fifteen_decimals(double value) { return std::nearbyint(value * 1e15) / 1e15; }

// in.x = (x0 + out.x * xx + out.y * xy) / 65536, in.y likewise.
struct FixedAffine {
  int x0, xx, xy, y0, yx, yy;
};

FixedAffine rotation(double degrees, int side) {
  double turned = std::fmod(degrees, 360.0);
  if (turned < 0) turned += 360.0;
  const double angle = -turned * kDegree, centre = side / 2.0;
  const double a = fifteen_decimals(std::cos(angle)), b = fifteen_decimals(std::sin(angle));
  const double d = fifteen_decimals(-std::sin(angle)), e = a;
  const double c = a * -centre + b * -centre + centre, f = d * -centre + e * -centre + centre;
  FixedAffine affine{};
  affine.xx = fixed_point(a);
  affine.xy = fixed_point(b);
  affine.yx = fixed_point(d);
  affine.yy = fixed_point(e);
  // Centres of pixels are at halves.
  affine.x0 = fixed_point(c + a * 0.5 + b * 0.5);
  affine.y0 = fixed_point(f + d * 0.5 + e * 0.5);
  return affine;
}

}  // namespace

void rotate_nearest(const Orientation& orientation, int side, const std::uint8_t* in,
                    std::uint8_t* out) {
  const FixedAffine affine = rotation(orientation.degrees, side);
  const int step = orientation.horizontal_flip ? -1 : 1;
  const int first = orientation.horizontal_flip ? side - 1 : 0;
  const auto limit = static_cast<unsigned>(side);
  for (int row = 0; row < side; ++row) {
    const int y = orientation.vertical_flip ? side - 1 - row : row;
    int from_x = affine.x0 + y * affine.xy + first * affine.xx;
    int from_y = affine.y0 + y * affine.yy + first * affine.yx;
    for (int i = 0; i < side; ++i, out += 3) {
      const int x_in = from_x >> 16, y_in = from_y >> 16;
      if (static_cast<unsigned>(x_in) < limit && static_cast<unsigned>(y_in) < limit) {
        std::memcpy(out, in + std::ptrdiff_t{3} * (std::ptrdiff_t{y_in} * side + x_in), 3);
      } else {
        std::memset(out, 0, 3);
      }
      from_x += step * affine.xx;
      from_y += step * affine.yx;
    }
  }
}

}  // namespace ersatz::data
