// Tables of results as HTML.
#pragma once

#include <string>
#include <vector>

#include "report/table.h"

namespace ersatz::report::html {

// Title, caption, table, legend and footnotes. `id`: of the <figure>, unique in the page.
std::string result_table(const Table& table, const std::string& id);

// Rows of text, escaped here; every row as long as the header.
std::string plain_table(const std::vector<std::string>& header,
                        const std::vector<std::vector<std::string>>& rows);

}  // namespace ersatz::report::html
