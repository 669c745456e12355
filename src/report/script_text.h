// Pieces of gnuplot scripts that all kinds of figures share.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "report/axis.h"
#include "report/figure.h"

namespace ersatz::report {

// A string in gnuplot's single quotes, where only the quote itself is special; line breaks become
// spaces.
std::string single_quoted(const std::string& text);

// A string in gnuplot's double quotes, broken at spaces into lines of about `columns` characters.
std::string double_quoted(const std::string& text, std::size_t columns);

// Letters of 12 px that fit into one of `columns` (at least 1) that share `width` px.
std::size_t letters_in_column(std::size_t columns, double width);

// Whether a word of these names is wider than its column: names then stand aslant.
bool too_wide(const std::vector<std::string>& names, double width);

// The figure's title, quoted; in several lines where it is wider than the figure.
std::string title_lines(const Figure& figure);

// Scale, range and ticks of the axis `name` ("x", "y").
std::string axis_lines(const char* name, const Axis& axis, bool logarithmic);

// Where the bars and points of curve number `curve` (counting from 1) are in the CSV file:
// functions ours(curve, column) and published(curve, column), NaN elsewhere.
std::string data_lines(const std::string& csv_file);

}  // namespace ersatz::report
