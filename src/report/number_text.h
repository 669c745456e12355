// Numbers as readers see them. Independent of the locale.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "evaluate/summary.h"

namespace ersatz::report {

// As many decimals as the uncertainty supports: two significant digits of `half_width`, at most 4.
// 0.12 -> 2, 3.4 -> 1, 12 -> 0.
int decimals_for(double half_width);

// Mean, and half of the 95 % interval when there is one: {"1.51", "0.12"}; without an interval the
// mean has four significant digits and the second string is empty.
struct MeasuredText {
  std::string mean, half_width;
};
MeasuredText measured_text(const evaluate::Summary& summary);

// Shortest text: 25, 1.51, 0.6.
std::string plain_number(double value);

// Columns of a UTF-8 string on a terminal, and padding to a width.
std::size_t display_width(std::string_view text);
std::string pad_right(std::string text, std::size_t width);

}  // namespace ersatz::report
