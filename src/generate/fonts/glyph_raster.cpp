#include "generate/fonts/glyph_raster.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"

#include FT_BBOX_H
#include FT_OUTLINE_H

namespace ersatz::generate {
namespace {

using data::kDigitExtent;

constexpr double kRadiansPerDegree = 3.14159265358979323846 / 180;
// FreeType's coordinates are whole numbers. The bounding box is measured with the outline blown up
// to about this size, so that rounding moves its sides by less than 1/50000 of the digit; the
// picture is drawn in 1/64 px, FreeType's finest unit.
constexpr double kMeasuredSize = 1 << 20;
constexpr double kUnitsPerPixel = 64;

void require(FT_Error status, const char* action) {
  if (status != 0) {
    throw core::Error::internal(fmt::format("FreeType error {} while {}", status, action));
  }
}

}  // namespace

void GlyphRaster::draw(const GlyphOutline& outline, double degrees, std::uint8_t* out) {
  const double c = std::cos(degrees * kRadiansPerDegree), s = std::sin(degrees * kRadiansPerDegree);
  turned_.clear();
  double largest = 0;
  for (const OutlinePoint& p : outline.points) {
    turned_.push_back({c * p.x + s * p.y, c * p.y - s * p.x});
    largest = std::max({largest, std::abs(turned_.back().x), std::abs(turned_.back().y)});
  }
  if (!(largest > 0)) throw core::Error::internal("a glyph without an outline cannot be drawn");

  tags_ = outline.tags;
  contours_.assign(outline.contours.begin(), outline.contours.end());
  points_.resize(turned_.size());
  FT_Outline shape{};
  shape.n_points = static_cast<short>(points_.size());
  shape.n_contours = static_cast<short>(contours_.size());
  shape.points = points_.data();
  shape.tags = tags_.data();
  shape.contours = contours_.data();
  shape.flags = outline.flags;
  const auto place = [&](double scale, double dx, double dy) {
    for (std::size_t i = 0; i < turned_.size(); ++i) {
      points_[i] = {std::lround(scale * turned_[i].x + dx), std::lround(scale * turned_[i].y + dy)};
    }
  };

  const double blow_up = kMeasuredSize / largest;
  place(blow_up, 0, 0);
  FT_BBox box;
  require(FT_Outline_Get_BBox(&shape, &box), "measuring a glyph");
  const double width = static_cast<double>(box.xMax - box.xMin) / blow_up;
  const double height = static_cast<double>(box.yMax - box.yMin) / blow_up;
  const double scale = kDigitExtent * kUnitsPerPixel / std::max(width, height);

  // The box starts at a pixel edge: its longest side fills exactly 20 pixels.
  place(scale, -static_cast<double>(box.xMin) / blow_up * scale,
        -static_cast<double>(box.yMin) / blow_up * scale);
  const auto pixels = [&](double length) {
    const double count = std::ceil(length * scale / kUnitsPerPixel - 1e-6);
    return std::clamp(static_cast<int>(count), 1, kDigitExtent);
  };
  FT_Bitmap bitmap{};
  bitmap.width = static_cast<unsigned>(pixels(width));
  bitmap.rows = static_cast<unsigned>(pixels(height));
  bitmap.pitch = static_cast<int>(bitmap.width);
  bitmap.buffer = patch_.data();
  bitmap.num_grays = 256;
  bitmap.pixel_mode = FT_PIXEL_MODE_GRAY;
  patch_.fill(0);
  require(FT_Outline_Get_Bitmap(library_.get(), &shape, &bitmap), "drawing a glyph");
  data::place_by_mass(patch_.data(), static_cast<int>(bitmap.rows), static_cast<int>(bitmap.width),
                      bitmap.pitch, out);
}

}  // namespace ersatz::generate
