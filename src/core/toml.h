// Reading TOML files people write: parse errors and mistakes are reported as file:line.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace ersatz::core {

// Parses a file. Throws Error::at_line on a syntax error, Error::missing when absent.
toml::table read_toml(const std::filesystem::path& path);

// Line on which a node was written; 0 when unknown.
std::uint32_t toml_line(const toml::node& node);

// Throws Error::at_line for the first key of `table` that is not in `allowed`, with a suggestion.
void refuse_unknown_keys(const std::filesystem::path& path, const toml::table& table,
                         const std::vector<std::string>& allowed, std::string_view what);

}  // namespace ersatz::core
