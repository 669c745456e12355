// Tables as GitHub-flavoured Markdown.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/table.h"

namespace ersatz::report {

// Title, caption, table, legend and footnotes. Columns are padded, so the source reads well too.
std::string to_markdown(const Table& table);

// A plain table; `numeric[i]` aligns column i right.
std::string markdown_table(const std::vector<std::string>& header,
                           const std::vector<std::vector<std::string>>& rows,
                           const std::vector<bool>& numeric);

// Text that must not be taken for markup inside a table cell or a line.
std::string markdown_escape(std::string_view text);

}  // namespace ersatz::report
