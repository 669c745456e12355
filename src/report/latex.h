// Tables as LaTeX with booktabs rules, ready for \input.
#pragma once

#include <string>
#include <string_view>

#include "report/table.h"

namespace ersatz::report {

// A complete `table` environment; needs only \usepackage{booktabs}.
std::string to_latex(const Table& table);

// Escapes LaTeX's special characters and the symbols beyond Latin-1 that our texts use, so that the
// result compiles with pdfLaTeX without further packages. Line breaks become spaces; characters
// that its fonts do not have are named, "[U+732B]".
std::string latex_escape(std::string_view text);

}  // namespace ersatz::report
