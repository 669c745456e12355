// Reads the ten digits out of one font file.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "generate/fonts/freetype_library.h"
#include "generate/fonts/glyph_outline.h"

namespace ersatz::generate {

struct FontDigitOutlines {
  std::string family, style;            // "DejaVu Sans", "Bold"
  std::array<GlyphOutline, 10> digits;  // of '0'..'9'
};

// `bytes` is a whole font file (TrueType, OpenType, Type 1; first face). No value when it cannot
// serve, with `reason` saying why: "lacks the digit 4", "the digits 3 and 8 have the same outline",
// "is a bitmap font", ... A font is never an error: a distribution may ship a broken one.
std::optional<FontDigitOutlines> read_font_digits(const FreetypeLibrary& library,
                                                  std::string_view bytes, std::string& reason);

}  // namespace ersatz::generate
