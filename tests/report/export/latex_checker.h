// What would keep LaTeX text from compiling, as far as our documents go. Stands in for pdflatex
// where that is not installed.
#pragma once

#include <string>

namespace ersatz::test {

// Empty, or the first problem with its line: an unknown command or environment, groups, formulas
// and environments that do not end where they should, a special character outside its place, a row
// of a table with more or fewer cells than columns, a row's end that swallows what follows,
// characters that pdfLaTeX's fonts do not have.
std::string latex_problem(const std::string& text);

}  // namespace ersatz::test
