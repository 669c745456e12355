// The fruit experiment, killed at random moments of all its stages: photographs, cut-outs, pictures
// of a diffusion model, classifiers.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>

#include "core/file_system.h"
#include "experiments/kill_storm.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;

TEST(FruitFault, ManyKillsThenTheSameBytes) {
  const TemporaryFolder folder;
  const fs::path model = folder / "model";
  const CommandResult made =
      run_command(fmt::format("'{}/ersatz-diffusion' weights random --arch tiny --out '{}'",
                              ERSATZ_BIN_DIR, model.string()));
  ASSERT_EQ(made.exit_status, 0) << made.errors;
  // The tiny model makes pictures of 64 px.
  const std::string smoke =
      fmt::format("--profile smoke -o 'diffusion.model={}' -o diffusion.size=64", model.string());
  const ExperimentRun fruit("fruit");
  const auto begin = std::chrono::steady_clock::now();
  const CommandResult undisturbed = fruit.run(smoke);
  ASSERT_EQ(undisturbed.exit_status, 0) << undisturbed.errors;
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const std::string metrics =
      core::read_file(fruit.run_folder() / "results/fruit/smoke/metrics.json");
  const KillStorm storm =
      kill_and_resume("fruit", smoke, "smoke", true, metrics, seconds, wanted_kills(100));
  RecordProperty("kills", storm.kills);
  RecordProperty("runs", storm.finished_runs);
}

}  // namespace
}  // namespace ersatz::test
