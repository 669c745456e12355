// Text for YAML files.
#pragma once

#include <string>

namespace ersatz::label {

// In double quotes, whatever it holds.
std::string yaml_quoted(const std::string& text);

}  // namespace ersatz::label
