#include "core/toml.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "core/error.h"
#include "core/file_system.h"
#include "core/suggest.h"

namespace ersatz::core {

toml::table read_toml(const std::filesystem::path& path) {
  const std::string text = read_file(path, std::uint64_t{16} << 20);
  try {
    return toml::parse(text, path.string());
  } catch (const toml::parse_error& error) {
    throw Error::at_line(path, static_cast<std::uint32_t>(error.source().begin.line),
                         std::string(error.description()));
  }
}

std::uint32_t toml_line(const toml::node& node) {
  return static_cast<std::uint32_t>(node.source().begin.line);
}

void refuse_unknown_keys(const std::filesystem::path& path, const toml::table& table,
                         const std::vector<std::string>& allowed, std::string_view what) {
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    if (std::find(allowed.begin(), allowed.end(), name) != allowed.end()) continue;
    const std::string suggestion = nearest_name(name, allowed);
    throw Error::at_line(path, static_cast<std::uint32_t>(key.source().begin.line),
                         fmt::format("unknown key '{}' in {}", name, what),
                         suggestion.empty() ? "" : fmt::format("did you mean '{}'?", suggestion));
  }
}

}  // namespace ersatz::core
