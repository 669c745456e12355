#include "report/palette.h"

#include <array>

#include "core/suggest.h"

namespace ersatz::report {
namespace {

struct NamedStyle {
  const char* name;
  const char* rgb;
  int filled, open;
};

constexpr std::array<NamedStyle, 8> kPalette = {{
    {"blue", "#0072B2", 7, 6},        // circle
    {"vermillion", "#D55E00", 5, 4},  // square
    {"green", "#009E73", 9, 8},       // triangle
    {"purple", "#CC79A7", 11, 10},    // triangle, point down
    {"orange", "#E69F00", 13, 12},    // diamond
    {"sky", "#56B4E9", 15, 14},       // pentagon
    {"black", "#000000", 7, 6},
    {"yellow", "#B8A800", 5, 4},  // the original yellow is too light for lines on white
}};

}  // namespace

std::vector<std::string> palette_names() {
  std::vector<std::string> names;
  for (const NamedStyle& style : kPalette) names.emplace_back(style.name);
  return names;
}

SeriesStyle series_style(std::string_view color, std::size_t index) {
  if (color.empty()) {
    const NamedStyle& style = kPalette[index % kPalette.size()];
    return {style.rgb, style.filled, style.open};
  }
  for (const NamedStyle& style : kPalette) {
    if (style.name == color) return {style.rgb, style.filled, style.open};
  }
  throw core::unknown_name("colour", color, palette_names());
}

}  // namespace ersatz::report
