// Tables as LaTeX with booktabs rules, ready for \input.
#pragma once

#include <string>
#include <string_view>

#include "report/table.h"

namespace ersatz::report {

// A complete `table` environment; needs only \usepackage{booktabs}. Wide tables are set in smaller
// letters.
std::string to_latex(const Table& table);

// "$24.00 \pm 0.88$", "$100.0$ ($96.8$ to $100.0$)", "$8123$": measured_text() for LaTeX.
std::string latex_measured(const evaluate::Summary& summary);

// Escapes LaTeX's special characters and the symbols beyond Latin-1 that our texts use, so that the
// result compiles with pdfLaTeX without further packages. Line breaks become spaces; characters
// that its fonts do not have are named, "[U+732B]".
std::string latex_escape(std::string_view text);

}  // namespace ersatz::report
