// Values of settings that an experiment cannot do with, refused while its plan is made.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.h"

namespace ersatz::core {

// The whole number `key`. Error::usage when it is not in `least` to `most`.
std::int64_t int_within(const Config& config, std::string_view key, std::int64_t least,
                        std::int64_t most = INT64_MAX);

// The lists `key`. Error::usage when a value is in it twice: what is made for each would have one
// name.
std::vector<std::int64_t> distinct_ints(const Config& config, std::string_view key);
std::vector<std::string> distinct_strings(const Config& config, std::string_view key);

}  // namespace ersatz::core
