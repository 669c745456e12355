// Figures that show a table as coloured squares: confusion matrices.
#pragma once

#include <string>

#include "report/figure.h"

namespace ersatz::report {

// The gnuplot commands that draw `figure` (kind kMatrix) on the terminal that is set. The first
// row of the table is on top; every square says its value; what was not run stays empty.
std::string matrix_commands(const Figure& figure);

}  // namespace ersatz::report
