#include "cli/profile_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/error.h"
#include "core/project.h"
#include "evaluate/claim.h"
#include "report/result_record.h"

namespace ersatz::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 4> kUsualOrder = {"smoke", "mini", "reduced", "paper"};

std::size_t rank(const std::string& name) {
  const auto found = std::find(kUsualOrder.begin(), kUsualOrder.end(), name);
  return static_cast<std::size_t>(found - kUsualOrder.begin());
}

// Only the kinds of verdict that occur: a line of the list has no room for zeros.
std::string short_counts(const std::vector<evaluate::Verdict>& verdicts) {
  std::array<int, 4> counts{};
  for (const auto& verdict : verdicts) ++counts[static_cast<std::size_t>(verdict.status)];
  std::vector<std::string> parts;
  for (const auto status :
       {evaluate::VerdictStatus::kReproduced, evaluate::VerdictStatus::kNotReproduced,
        evaluate::VerdictStatus::kInconclusive, evaluate::VerdictStatus::kNotRun}) {
    const int count = counts[static_cast<std::size_t>(status)];
    if (count > 0) parts.push_back(fmt::format("{} {}", count, to_string(status)));
  }
  return parts.empty() ? "measured" : fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace

ProfileState profile_state(const core::Card& card, const std::string& profile) {
  ProfileState state;
  state.name = profile;
  const core::Project& project = core::Project::get();
  try {
    state.config = core::Config::load(card.file.parent_path(), profile);
  } catch (const core::Error& error) {
    state.problem = error.what();
  }
  const fs::path folder = project.results() / card.id / profile;
  std::error_code ignored;
  if (!fs::exists(folder / "metrics.json", ignored)) return state;
  try {
    const report::ResultRecord record = report::read_record(folder);
    state.verdicts = evaluate::evaluate_claims(card, record.metrics);
    state.gates = evaluate::check_gates(card, profile, record.metrics);
    state.has_results = true;
  } catch (const std::exception& error) {
    state.results_problem = error.what();
  }
  return state;
}

std::vector<std::string> ordered_profiles(std::vector<std::string> names) {
  std::stable_sort(names.begin(), names.end(),
                   [](const std::string& a, const std::string& b) { return rank(a) < rank(b); });
  return names;
}

std::vector<ProfileState> profile_states(const core::Card& card) {
  std::vector<ProfileState> states;
  for (const std::string& name : ordered_profiles(core::profile_names(card.file.parent_path()))) {
    states.push_back(profile_state(card, name));
  }
  return states;
}

std::string results_words(const ProfileState& state) {
  if (!state.results_problem.empty()) return "unreadable results";
  if (!state.has_results) return "not run";
  std::string words = short_counts(state.verdicts);
  if (!state.gates.rows.empty()) {
    words += fmt::format("; gates {}", to_string(state.gates.worst()));
  }
  return words;
}

core::Json to_json(const ProfileState& state) {
  core::Json json = {{"profile", state.name}};
  if (!state.problem.empty()) json["problem"] = state.problem;
  if (state.config) {
    json["title"] = state.config->title();
    json["cost"] = state.config->cost();
    json["differs"] = state.config->differs();
  }
  json["results"] = nullptr;
  if (!state.results_problem.empty()) json["results_problem"] = state.results_problem;
  if (state.has_results) {
    core::Json claims = core::Json::object();
    for (const auto& verdict : state.verdicts) claims[verdict.claim] = to_string(verdict.status);
    json["results"] = {
        {"claims", claims},
        {"gates",
         state.gates.rows.empty() ? core::Json() : core::Json(to_string(state.gates.worst()))}};
  }
  return json;
}

}  // namespace ersatz::cli
