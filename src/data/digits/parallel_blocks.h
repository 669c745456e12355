// Splits independent per-image work over threads.
#pragma once

#include <cstdint>
#include <functional>

namespace ersatz::data {

// Calls body(begin, end) for disjoint blocks of at most `block` items that cover [0, count), from
// `threads` threads (<= 0: one per processor; never more than there are blocks). Which thread gets
// which block is not fixed, so a body must depend on the item index only. The first exception
// thrown by a body stops the hand-out of blocks and is rethrown.
void for_each_block(std::int64_t count, std::int64_t block, int threads,
                    const std::function<void(std::int64_t begin, std::int64_t end)>& body);

}  // namespace ersatz::data
