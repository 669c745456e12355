#include "generate/fonts/font_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <type_traits>

#include FT_OUTLINE_H

namespace ersatz::generate {
namespace {

struct FaceDeleter {
  void operator()(FT_Face face) const { FT_Done_Face(face); }
};
using Face = std::unique_ptr<std::remove_pointer_t<FT_Face>, FaceDeleter>;

// An outline with no area (a blank glyph, or a lone stroke without thickness) draws no ink.
bool has_area(const GlyphOutline& outline) {
  if (outline.empty()) return false;
  double left = outline.points[0].x, right = left, bottom = outline.points[0].y, top = bottom;
  for (const OutlinePoint& point : outline.points) {
    left = std::min(left, point.x);
    right = std::max(right, point.x);
    bottom = std::min(bottom, point.y);
    top = std::max(top, point.y);
  }
  return right > left && top > bottom;
}

// Contours of one or two points enclose nothing. Some fonts keep anchors in them, which would count
// in the bounding box, so they are dropped.
GlyphOutline copy_outline(const FT_Outline& source) {
  constexpr int kFewestPoints = 3;
  GlyphOutline outline;
  outline.flags = source.flags;
  int first = 0;
  for (int contour = 0; contour < source.n_contours; ++contour) {
    const int last = source.contours[contour];
    if (last - first + 1 >= kFewestPoints) {
      for (int i = first; i <= last; ++i) {
        outline.points.push_back(
            {static_cast<double>(source.points[i].x), static_cast<double>(source.points[i].y)});
        outline.tags.push_back(static_cast<char>(source.tags[i]));
      }
      outline.contours.push_back(static_cast<std::int16_t>(outline.points.size() - 1));
    }
    first = last + 1;
  }
  return outline;
}

}  // namespace

std::optional<FontDigitOutlines> read_font_digits(const FreetypeLibrary& library,
                                                  std::string_view bytes, std::string& reason) {
  FT_Face raw = nullptr;
  const auto* data = reinterpret_cast<const FT_Byte*>(bytes.data());
  const FT_Error status =
      FT_New_Memory_Face(library.get(), data, static_cast<FT_Long>(bytes.size()), 0, &raw);
  if (status != 0) {
    reason = fmt::format("is not a font FreeType can read (error {})", status);
    return std::nullopt;
  }
  const Face face(raw);
  if (!FT_IS_SCALABLE(raw)) {
    reason = "is a bitmap font";
    return std::nullopt;
  }
  FontDigitOutlines font;
  font.family = raw->family_name != nullptr ? raw->family_name : "";
  font.style = raw->style_name != nullptr ? raw->style_name : "";
  for (std::size_t digit = 0; digit < font.digits.size(); ++digit) {
    const FT_UInt glyph = FT_Get_Char_Index(raw, static_cast<FT_ULong>('0' + digit));
    if (glyph == 0) {
      reason = fmt::format("lacks the digit {}", digit);
      return std::nullopt;
    }
    if (FT_Load_Glyph(raw, glyph, FT_LOAD_NO_SCALE | FT_LOAD_NO_BITMAP) != 0 ||
        raw->glyph->format != FT_GLYPH_FORMAT_OUTLINE) {
      reason = fmt::format("has no outline for the digit {}", digit);
      return std::nullopt;
    }
    GlyphOutline outline = copy_outline(raw->glyph->outline);
    if (!has_area(outline)) {
      reason = fmt::format("draws nothing for the digit {}", digit);
      return std::nullopt;
    }
    for (std::size_t other = 0; other < digit; ++other) {
      if (font.digits[other] == outline) {
        reason = fmt::format("the digits {} and {} have the same outline", other, digit);
        return std::nullopt;
      }
    }
    font.digits[digit] = std::move(outline);
  }
  return font;
}

}  // namespace ersatz::generate
