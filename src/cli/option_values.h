// The words that an option takes, for the completion.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace ersatz::cli {

// `command`: the option's command with what it belongs to, "train lora". The set that CLI11 checks
// the option against, as the help shows it in braces; of options that are checked later, the words
// that are known here. Empty where anything may stand.
std::vector<std::string> option_values(const std::string& command, const CLI::Option& option);

}  // namespace ersatz::cli
