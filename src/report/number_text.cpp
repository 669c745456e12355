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

std::optional<evaluate::Interval> shown_interval(const evaluate::Summary& summary) {
  // Without sampling noise, equal values have the spread of their rounding.
  const double least = 1e-12 * std::abs(summary.mean);
  if (!summary.interval || !(summary.interval->half_width() > least)) return std::nullopt;
  return summary.interval;
}

std::string MeasuredText::interval() const {
  if (!half_width.empty()) return " ± " + half_width;
  return low.empty() ? "" : fmt::format(" ({} to {})", low, high);
}

MeasuredText measured_text(const evaluate::Summary& summary) {
  const auto interval = shown_interval(summary);
  if (!interval) return {fmt::format("{:.4g}", summary.mean), "", "", ""};
  const double half = interval->half_width();
  const int decimals = decimals_for(half);
  const auto text = [decimals](double value) {
    std::string digits = fmt::format("{:.{}f}", value, decimals);
    const bool zero = digits.find_first_of("123456789") == std::string::npos;
    return zero && digits[0] == '-' ? digits.substr(1) : digits;
  };
  const auto same = [&](double sum, double bound) {
    // Of equal numbers, too, the last bit may differ, which tells where a half is rounded to.
    return std::abs(sum - bound) <= 1e-9 * half || text(sum) == text(bound);
  };
  if (same(summary.mean - half, interval->low) && same(summary.mean + half, interval->high)) {
    return {text(summary.mean), text(half), "", ""};
  }
  return {text(summary.mean), "", text(interval->low), text(interval->high)};
}

std::string rounded_number(double value) {
  return std::abs(value) >= 1000 && std::abs(value) < 1e15 ? fmt::format("{:.0f}", value)
                                                           : fmt::format("{:.4g}", value);
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
