// What is known of one profile of an experiment: its own description, and the results committed
// for it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/card.h"
#include "core/config.h"
#include "core/json.h"
#include "evaluate/gate.h"
#include "evaluate/verdict.h"

namespace ersatz::cli {

struct ProfileState {
  std::string name;
  std::string problem;  // why the profile cannot be read; the rest is then empty
  std::optional<core::Config> config;
  bool has_results = false;     // results/<id>/<profile>/metrics.json is there and sound
  std::string results_problem;  // it is there, but cannot be read
  std::vector<evaluate::Verdict> verdicts;
  evaluate::GateReport gates;
};

// Never throws for a broken profile or results file: that is recorded.
ProfileState profile_state(const core::Card& card, const std::string& profile);

// Of all profiles of the experiment, in the order of growing effort where the names are the usual
// ones (smoke, mini, reduced, paper), others last.
std::vector<ProfileState> profile_states(const core::Card& card);

// Names in that order.
std::vector<std::string> ordered_profiles(std::vector<std::string> names);

// "not run", "3 reproduced, 1 not reproduced; gates PASS".
std::string results_words(const ProfileState& state);

// {"profile", "title", "cost", "results": {...}}; "results" is null when there are none.
core::Json to_json(const ProfileState& state);

}  // namespace ersatz::cli
