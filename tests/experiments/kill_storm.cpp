#include "experiments/kill_storm.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "core/file_system.h"
#include "core/philox.h"
#include "core/run_directory.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;

// A killed process needs a moment to give back its memory; one that was killed in its last
// milliseconds had already finished.
bool becomes_dead(const fs::path& run) {
  for (int i = 0; i < 100; ++i) {
    const core::RunState state = core::RunDirectory::open(run).state();
    if (state == core::RunState::kDead || state == core::RunState::kFinished) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return false;
}

}  // namespace

int wanted_kills(int usual) {
  const char* text = std::getenv("ERSATZ_KILLS");
  return text == nullptr ? usual : std::atoi(text);
}

KillStorm kill_and_resume(const std::string& id, const std::string& arguments,
                          const std::string& profile, bool overridden, const std::string& metrics,
                          double seconds, int kills) {
  core::Stream moments(2026, "kill moments of " + id);
  KillStorm storm;
  while (storm.kills < kills) {
    const ExperimentRun experiment(id);
    std::string now = arguments;
    CommandResult result;
    do {
      result =
          experiment.run_and_kill(now, moments.uniform(0.3F, 0.7F * static_cast<float>(seconds)));
      storm.kills += result.exit_status == 137 ? 1 : 0;
      const fs::path run = experiment.run_folder();
      if (result.exit_status == 137 && !run.empty()) {
        EXPECT_TRUE(becomes_dead(run))
            << core::run_state_name(core::RunDirectory::open(run).state());
        now = "--resume '" + run.string() + "'";
      }
    } while (result.exit_status == 137);
    EXPECT_EQ(result.exit_status, 0) << result.errors;
    if (result.exit_status != 0) return storm;
    const fs::path results = overridden ? experiment.run_folder() / "results" / id / profile
                                        : experiment.results(profile);
    EXPECT_EQ(core::read_file(results / "metrics.json"), metrics);
    ++storm.finished_runs;
    for (const auto& entry : fs::recursive_directory_iterator(results.parent_path())) {
      EXPECT_EQ(entry.path().string().find(".partial"), std::string::npos) << entry.path();
    }
  }
  return storm;
}

}  // namespace ersatz::test
