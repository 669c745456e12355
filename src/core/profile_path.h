// Profiles by name, or by the path of a file of one's own.
#pragma once

#include <string_view>

namespace ersatz::core {

// Whether it is a path rather than the name of one of the experiment's profiles: it has a '/', or
// ends with ".toml". What such a profile produces is not the experiment's to publish.
inline bool is_profile_path(std::string_view name_or_path) {
  constexpr std::string_view kEnding = ".toml";
  return name_or_path.find('/') != std::string_view::npos ||
         (name_or_path.size() > kEnding.size() &&
          name_or_path.substr(name_or_path.size() - kEnding.size()) == kEnding);
}

}  // namespace ersatz::core
