#include "core/shard.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include "core/error.h"

namespace ersatz::core {
namespace {

bool parse_whole(std::string_view text, std::int64_t& value) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

}  // namespace

Shard parse_shard(const std::string& text) {
  Shard shard;
  if (text.empty()) return shard;
  const std::size_t slash = text.find('/');
  const bool numbers = slash != std::string::npos &&
                       parse_whole(std::string_view(text).substr(0, slash), shard.index) &&
                       parse_whole(std::string_view(text).substr(slash + 1), shard.count);
  if (!numbers || shard.count < 1 || shard.index < 0 || shard.index >= shard.count) {
    throw Error::usage(fmt::format("--shard {} is not i/n with i from 0 to n - 1", text),
                       "two machines take --shard 0/2 and --shard 1/2");
  }
  return shard;
}

}  // namespace ersatz::core
