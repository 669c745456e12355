// A program that may be one of several ranks.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "compute/ranks/rank_group.h"
#include "core/ranks.h"

namespace ersatz::runner {

// Reads which rank this process is (core/ranks.h) and, when there are several, meets the others.
// Ranks other than 0 report only warnings and errors. Calls `body` with the group, null for one
// process, and tells the others how it ended. What it throws is thrown.
void run_as_rank(
    const std::function<void(const core::Ranks& ranks, compute::RankGroup* group)>& body);

// Threads for a rank that shares its machine with others: `wanted`, or by default its part of the cores (0:
// all of them).
int rank_threads(int wanted, const core::Ranks& ranks);

}  // namespace ersatz::runner
