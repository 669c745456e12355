// A figure as files: its data, its script, and the drawings that gnuplot makes of them.
#pragma once

#include <filesystem>

#include "report/figure.h"
#include "report/gnuplot.h"

namespace ersatz::report {

// Writes <id>.csv and <id>.gp into `folder`, which must exist, and has gnuplot draw <id>.svg and
// <id>.png there: both, or neither. Without gnuplot the first two are there all the same.
GnuplotOutcome draw_figure(const Figure& figure, const std::filesystem::path& folder);

}  // namespace ersatz::report
