// A part of the work, for several machines or processes that share it.
#pragma once

#include <cstdint>
#include <string>

namespace ersatz::core {

// The items k with k mod count = index.
struct Shard {
  std::int64_t index = 0, count = 1;
  bool has(std::int64_t k) const { return k % count == index; }
};

// "i/n" with i from 0 to n - 1; empty: everything. Error::usage otherwise, naming --shard.
Shard parse_shard(const std::string& text);

}  // namespace ersatz::core
