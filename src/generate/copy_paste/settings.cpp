#include "generate/copy_paste/settings.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "core/error.h"
#include "core/suggest.h"
#include "generate/copy_paste/require_in.h"

namespace ersatz::generate {

using core::Error;

void require_valid(const VariationRange& range) {
  constexpr double kSmallest = 0.001, kLargest = 100;
  require_in("scale", range.scale_low, kSmallest, kLargest);
  require_in("scale", range.scale_high, range.scale_low, kLargest);
  require_in("rotation", range.rotation, 0, 180);
  require_in("probability of a horizontal flip", range.flip_horizontal, 0, 1);
  require_in("probability of a vertical flip", range.flip_vertical, 0, 1);
  require_in("feather", range.feather, 0, 50);
  require_in("brightness", range.brightness, 0, 1);
  require_in("contrast", range.contrast, 0, 1);
  require_in("saturation", range.saturation, 0, 1);
  require_in("hue", range.hue, 0, 0.5);
}

std::string_view copy_paste_mode_name(CopyPasteMode mode) {
  switch (mode) {
    case CopyPasteMode::kNative:
      return "native";
    case CopyPasteMode::kPublished:
      return "published";
    case CopyPasteMode::kVaried:
      break;
  }
  return "roboflow";
}

CopyPasteMode parse_copy_paste_mode(std::string_view name) {
  std::vector<std::string> names;
  for (const CopyPasteMode mode :
       {CopyPasteMode::kNative, CopyPasteMode::kPublished, CopyPasteMode::kVaried}) {
    if (name == copy_paste_mode_name(mode)) return mode;
    names.emplace_back(copy_paste_mode_name(mode));
  }
  throw core::unknown_name("copy-paste mode", name, names);
}

}  // namespace ersatz::generate
