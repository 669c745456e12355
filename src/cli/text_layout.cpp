#include "cli/text_layout.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <sstream>

#include "report/number_text.h"

namespace ersatz::cli {

std::size_t text_width() {
  constexpr std::size_t kUsual = 100, kNarrowest = 40, kWidest = 120;
  std::size_t width = 0;
  const char* columns = std::getenv("COLUMNS");
  const std::string_view text = columns == nullptr ? "" : columns;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), width);
  winsize size{};
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
    width = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
  }
  return width == 0 ? kUsual : std::clamp(width, kNarrowest, kWidest);
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  std::istringstream words{std::string(text)};
  std::string word, result;
  std::size_t column = indent;
  while (words >> word) {
    const std::size_t length = report::display_width(word);
    if (column > indent && column + 1 + length > width) {
      result += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      result += ' ';
      ++column;
    }
    result += word;
    column += length;
  }
  return result;
}

std::string aligned(const std::vector<std::vector<std::string>>& rows, std::size_t indent,
                    const std::vector<bool>& right) {
  std::vector<std::size_t> width;
  for (const auto& row : rows) {
    width.resize(std::max(width.size(), row.size()), 0);
    for (std::size_t i = 0; i < row.size(); ++i) {
      width[i] = std::max(width[i], report::display_width(row[i]));
    }
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line(indent, ' ');
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string gap(width[i] - report::display_width(row[i]), ' ');
      line += i < right.size() && right[i] ? gap + row[i] : row[i] + gap;
      line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string aligned_or_stacked(const std::vector<std::vector<std::string>>& rows,
                               std::size_t indent, std::size_t width) {
  const std::string table = aligned(rows, indent);
  std::istringstream lines(table);
  bool fits = true;
  for (std::string line; std::getline(lines, line);) {
    fits = fits && report::display_width(line) <= width;
  }
  if (fits) return table;
  std::size_t first = 0;
  for (const auto& row : rows) first = std::max(first, report::display_width(row.front()));
  const std::size_t column = indent + first + 2;
  std::string text;
  for (const auto& row : rows) {
    std::string head = std::string(indent, ' ') + row.front();
    for (std::size_t i = 1; i < row.size(); ++i) {
      text += report::pad_right(std::move(head), column) + wrapped(row[i], column, width) + "\n";
      head.clear();
    }
  }
  return text;
}

std::string with_thousands(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

}  // namespace ersatz::cli
