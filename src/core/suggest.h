// "Did you mean": the known name nearest to a misspelt one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"

namespace ersatz::core {

// Optimal string alignment distance (insert, delete, substitute, swap neighbours), ASCII case
// folded.
int edit_distance(std::string_view a, std::string_view b);

// The nearest of `known`, or empty when none is near enough (distance > max(2, length / 3)).
std::string nearest_name(std::string_view name, const std::vector<std::string>& known);

// Exit code 2, "unknown <what> '<name>'". The hint proposes the nearest of `known`; where none is
// near it lists them, up to about 400 bytes.
Error unknown_name(std::string_view what, std::string_view name,
                   const std::vector<std::string>& known);

}  // namespace ersatz::core
