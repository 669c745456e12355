// Tables as comma-separated values (RFC 4180 quoting, '\n' line ends, '.' decimals).
#pragma once

#include <string>
#include <string_view>

#include "report/table.h"

namespace ersatz::report {

// One line per row; per column: mean, sd, low, high, seeds, paper (if published) and status
// ("measured" or "not run: reason"). Numbers have full precision.
std::string to_csv(const Table& table);

// Quotes a field when it needs to be.
std::string csv_field(std::string_view text);

// Shortest text that reads back as the same double.
std::string csv_number(double value);

}  // namespace ersatz::report
