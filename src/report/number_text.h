// Numbers as readers see them. Independent of the locale.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "evaluate/summary.h"

namespace ersatz::report {

// As many decimals as the uncertainty supports: two significant digits of `half_width`, at most 4.
// 0.12 -> 2, 3.4 -> 1, 12 -> 0.
int decimals_for(double half_width);

// The 95 % interval, where it says something: not where all seeds gave one and the same value,
// whose interval of no width would claim certainty.
std::optional<evaluate::Interval> shown_interval(const evaluate::Summary& summary);

// Mean and 95 % interval. Where mean -+ half_width, rounded as they are, are the bounds,
// `half_width` is filled: {"1.51", "0.12"}. Elsewhere, as where an interval ends at 0 or 100 %, the
// bounds are:
// {"100.0", "", "96.8", "100.0"}. Without an interval the mean has four significant digits and the
// rest is empty.
struct MeasuredText {
  std::string mean, half_width, low, high;

  // " ± 0.12", " (96.8 to 100.0)" or nothing: what follows the mean.
  std::string interval() const;
};
MeasuredText measured_text(const evaluate::Summary& summary);

// A number that was not rounded before, with four significant digits: 163, 3.768, 16870.
std::string rounded_number(double value);

// Shortest text: 25, 1.51, 0.6.
std::string plain_number(double value);

// Columns of a UTF-8 string on a terminal, and padding to a width.
std::size_t display_width(std::string_view text);
std::string pad_right(std::string text, std::size_t width);

}  // namespace ersatz::report
