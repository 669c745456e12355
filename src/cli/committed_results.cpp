#include "cli/committed_results.h"

#include <fmt/format.h>

#include "core/config.h"
#include "core/error.h"
#include "core/project.h"
#include "report/result_record.h"

namespace ersatz::cli {
namespace {

namespace fs = std::filesystem;

// Results stay valid when prose changes; they are stale when a setting did.
void compare_with_present(const core::Card& card, const std::string& profile,
                          const report::ResultRecord& record, CommittedResults& results) {
  if (record.card_version != card.version) {
    results.warnings.push_back(fmt::format("made with version {} of the card, which is now at {}",
                                           record.card_version, card.version));
  }
  try {
    const core::Config config = core::Config::load(card.file.parent_path(), profile);
    if (config.difference(config.base()) != record.difference) {
      results.warnings.push_back(fmt::format(
          "the profile has changed since; `make reproduce-{} PROFILE={}` makes them anew", card.id,
          profile));
    }
  } catch (const core::Error& error) {
    results.warnings.push_back(error.what());
  }
}

}  // namespace

CommittedResults read_committed(const core::Card& card, const std::string& profile) {
  CommittedResults results;
  const fs::path folder = core::Project::get().results() / card.id / profile;
  std::error_code ignored;
  if (!fs::exists(folder / "metrics.json", ignored)) {
    results.problem = fmt::format("there is no {}; `make reproduce-{} PROFILE={}` makes it",
                                  (folder / "metrics.json").string(), card.id, profile);
    return results;
  }
  try {
    report::ResultRecord record = report::read_record(folder);
    if (record.experiment != card.id || record.profile != profile) {
      results.problem = fmt::format("{} holds results of {} {}", folder.string(), record.experiment,
                                    record.profile);
      return results;
    }
    compare_with_present(card, profile, record, results);
    results.metrics = std::move(record.metrics);
  } catch (const std::exception& error) {
    results.problem = error.what();
  }
  return results;
}

}  // namespace ersatz::cli
