// Messages to the user and to the run's log file.
//
// Standard output is for what a command was asked to print; messages go to stderr. Warnings are
// also remembered, so that provenance can list them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ersatz::core {

void log_info(std::string_view message);
// Printed as "warning: ..."; the same text is printed and remembered once.
void log_warning(std::string_view message);
// Only in the log file.
void log_detail(std::string_view message);

// From now on everything is also appended to `file`, with UTC time stamps. Empty: stop that.
void set_log_file(const std::filesystem::path& file);
// Suppresses log_info on stderr (not warnings, not the file).
void set_quiet(bool quiet);

std::vector<std::string> logged_warnings();

}  // namespace ersatz::core
