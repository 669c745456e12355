// The range and tick marks of a plot axis.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace ersatz::report {

struct Axis {
  double low = 0, high = 1;
  std::vector<double> ticks;        // labelled; empty: left to gnuplot
  std::vector<double> minor_ticks;  // without label
};

// Covers `values` with a margin. Logarithmic: non-positive values are ignored, and labelled ticks
// are 1-2-5 where that gives at most `most_labels`, else powers of ten with minor ticks between.
// Linear: starts at 0 when no value is negative.
Axis choose_axis(const std::vector<double>& values, bool logarithmic, std::size_t most_labels = 9);

// "0.5", "500", "10,000".
std::string tick_label(double value);

}  // namespace ersatz::report
