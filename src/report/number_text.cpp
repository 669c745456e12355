#include "report/number_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ersatz::report {

int decimals_for(double half_width) {
  if (!(half_width > 0)) return 4;
  // Clamped before the conversion: a half-width may be infinite.
  return static_cast<int>(std::clamp(1 - std::floor(std::log10(half_width)), 0.0, 4.0));
}

MeasuredText measured_text(const evaluate::Summary& summary) {
  if (!summary.interval) return {fmt::format("{:.4g}", summary.mean), ""};
  const double half = summary.interval->half_width();
  if (!(half > 0)) return {fmt::format("{:.4g}", summary.mean), "0"};
  const int decimals = decimals_for(half);
  return {fmt::format("{:.{}f}", summary.mean, decimals), fmt::format("{:.{}f}", half, decimals)};
}

std::string plain_number(double value) { return fmt::format("{:.12g}", value); }

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;  // not a continuation byte
  }));
}

std::string pad_right(std::string text, std::size_t width) {
  const std::size_t now = display_width(text);
  if (now < width) text.append(width - now, ' ');
  return text;
}

}  // namespace ersatz::report
