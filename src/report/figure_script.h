// The gnuplot script of a figure.
#pragma once

#include <string>

#include "report/figure.h"

namespace ersatz::report {

// Draws `<id>.csv` beside it into `<id>.svg` and `<id>.png`. Ours: lines with error bars and filled
// markers; published: open markers of the same colour joined by a thin line. The script is meant to
// be edited: it reads the data from the CSV file and sets everything a journal may want changed.
std::string figure_script(const Figure& figure);

}  // namespace ersatz::report
