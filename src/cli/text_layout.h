// Text for the terminal: wrapped paragraphs and aligned columns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ersatz::cli {

// Columns to fill: COLUMNS where it is a number, else the width of the terminal that standard
// output is, else 100. Between 40 (narrower text cannot be read) and 120 (nor can longer lines).
std::size_t text_width();

// `text` broken at white space; the first line is meant to be printed at column `indent`, the
// others start with that many spaces. No final newline.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width = text_width());

// One line per row, columns two spaces apart, every line indented and ended with a newline.
// `right[i]` aligns column i right; missing entries mean left.
std::string aligned(const std::vector<std::vector<std::string>>& rows, std::size_t indent = 0,
                    const std::vector<bool>& right = {});

// The same as long as every line fits `width`. Else a row is a paragraph: its first entry, and
// beside it the others, each on lines of its own and wrapped.
std::string aligned_or_stacked(const std::vector<std::vector<std::string>>& rows,
                               std::size_t indent, std::size_t width = text_width());

// "12,345".
std::string with_thousands(std::uint64_t number);

}  // namespace ersatz::cli
