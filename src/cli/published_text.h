// The numbers of the paper as tables for the terminal.
#pragma once

#include <string>

#include "core/card.h"

namespace ersatz::cli {

// What the paper published for a table of the card; empty when it published none of it. Indented,
// ends with a newline.
std::string published_table_text(const core::Card& card, const core::TableSpec& spec);

}  // namespace ersatz::cli
