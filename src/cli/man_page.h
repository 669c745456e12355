// The manual page ersatz(1), made from the program's own commands and options.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/command.h"

namespace ersatz::cli {

// groff source with the man macros, ASCII but for what descriptions hold. The same program gives
// the same bytes (there is no date in it).
std::string man_page(const CLI::App& program);

// `ersatz __man`, hidden: what the build installs as ersatz.1.
Command add_man_page(CLI::App& program);

}  // namespace ersatz::cli
