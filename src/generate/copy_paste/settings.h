// The settings of copy-paste (copy_paste.h). No OpenCV: the `ersatz` command reads them.
#pragma once

#include <cstdint>
#include <string_view>

namespace ersatz::generate {

enum class ScaleReference {
  kNative,      // 1: the cut-out's own size in pixels
  kBackground,  // 1: the longer side is as long as the background's shorter side
};

// The ranges that variations are drawn from.
struct VariationRange {
  ScaleReference scale_of = ScaleReference::kNative;
  double scale_low = 0.5, scale_high = 1.5;  // 0 < low <= high <= 100; uniform
  double rotation = 180;                     // degrees, 0..180: uniform in [-rotation, rotation]
  double flip_horizontal = 0.5, flip_vertical = 0.5;  // probabilities
  // px, standard deviation, 0..50: alpha falls off inwards over about two of it.
  double feather = 1;
  // Factors uniform in [1 - x, 1 + x]; x in [0, 1].
  double brightness = 0.2, contrast = 0.2, saturation = 0.2;
  double hue = 0.02;  // turns of the colour circle, 0..0.5: uniform in [-hue, hue]
};

// Error::usage naming the setting that is out of its range.
void require_valid(const VariationRange& range);

enum class CopyPasteMode {
  kNative,  // as the paper; a cut-out that is larger than any of the backgrounds is an error
  // The paper's code to the letter: such a cut-out is put at 0 along the side that is too short
  // (max(0, ...) in its code), so that what is too much is cut off at the right or the bottom.
  // Equal to kNative where everything fits.
  kPublished,
  // Each cut-out is varied (variation.h) before it is placed; one that would not fit is shrunk
  // until it does.
  kVaried,
};
std::string_view copy_paste_mode_name(CopyPasteMode mode);  // "native", "published", "roboflow"
// Error::unknown for other names.
CopyPasteMode parse_copy_paste_mode(std::string_view name);

struct CopyPasteOptions {
  CopyPasteMode mode = CopyPasteMode::kNative;
  std::uint64_t seed = 0;
  int max_per_image = 0;     // the most cut-outs of an image; 0: as many as the class has
  VariationRange variation;  // of kVaried
};

}  // namespace ersatz::generate
