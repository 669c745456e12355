// The metrics of results/<experiment>/<profile>/, read so that nothing unreadable can pass.
#pragma once

#include <string>
#include <vector>

#include "core/card.h"
#include "core/metrics.h"

namespace ersatz::cli {

struct CommittedResults {
  core::MetricTable metrics;          // empty when they could not be read
  std::string problem;                // why, with what to do about it
  std::vector<std::string> warnings;  // made with another card or another profile than now
};

// Absent, malformed or foreign results give an empty table and a problem, never an exception: all
// gates then read UNMEASURED.
CommittedResults read_committed(const core::Card& card, const std::string& profile);

}  // namespace ersatz::cli
