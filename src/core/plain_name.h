// Names from files that become parts of paths.
#pragma once

#include <string_view>

namespace ersatz::core {

// Whether `name` is one visible file or folder wherever it is put: no path, nothing above.
inline bool plain_name(std::string_view name) {
  constexpr std::string_view kSeparators("/\\\0", 3);
  return !name.empty() && name[0] != '.' &&
         name.find_first_of(kSeparators) == std::string_view::npos;
}

}  // namespace ersatz::core
