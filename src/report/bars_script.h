// Figures that show a table as groups of bars.
#pragma once

#include <string>

#include "report/figure.h"

namespace ersatz::report {

// The gnuplot commands that draw the panels of `figure` (kind kBars) on the terminal that is set;
// figure_script() puts them together with the rest. Bars with 95 % intervals are ours, open
// diamonds the published values; a bar that was not run is not drawn.
std::string bars_commands(const Figure& figure);

}  // namespace ersatz::report
