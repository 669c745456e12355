#include "core/config_checks.h"

#include <fmt/format.h>

#include <set>

#include "core/error.h"

namespace ersatz::core {
namespace {

template <typename Value>
std::vector<Value> distinct(std::vector<Value> values, std::string_view key) {
  std::set<Value> seen;
  for (const Value& value : values) {
    if (!seen.insert(value).second)
      throw Error::usage(fmt::format("{} lists {} twice", key, value));
  }
  return values;
}

}  // namespace

std::int64_t int_within(const Config& config, std::string_view key, std::int64_t least,
                        std::int64_t most) {
  const std::int64_t value = config.get_int(key);
  if (value >= least && value <= most) return value;
  throw Error::usage(most == INT64_MAX
                         ? fmt::format("{} is {}, must be {} or more", key, value, least)
                         : fmt::format("{} is {}, must be {} to {}", key, value, least, most));
}

std::vector<std::int64_t> distinct_ints(const Config& config, std::string_view key) {
  return distinct(config.get_ints(key), key);
}

std::vector<std::string> distinct_strings(const Config& config, std::string_view key) {
  return distinct(config.get_strings(key), key);
}

}  // namespace ersatz::core
