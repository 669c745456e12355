// Data-parallel training: the same weights from any number of ranks, also after one was lost.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <csignal>
#include <sstream>

#include "core/file_system.h"
#include "core/json.h"
#include "models/safetensors.h"
#include "ranks/rank_processes.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string worker(const std::string& action, const fs::path& folder, int parts) {
  return fmt::format("{}/rank_worker {} {} {}", ERSATZ_TEST_DIR, action, folder.string(), parts);
}

// The log without what differs from run to run.
std::vector<core::Json> log_lines(const fs::path& folder) {
  std::istringstream lines(core::read_file(folder / "metrics.jsonl"));
  std::vector<core::Json> result;
  for (std::string line; std::getline(lines, line);) {
    result.push_back(core::Json::parse(line));
    result.back().erase("images_per_second");
  }
  return result;
}

// What is left after training is finished.
struct Trained {
  std::string weights;
  std::vector<core::Json> log;
};

Trained alone(const std::string& action, int parts, const std::string& environment = "") {
  const TemporaryFolder folder;
  const CommandResult result =
      run_command(environment + " " + worker(action, folder.path(), parts));
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  return {core::read_file(folder / "weights"), log_lines(folder.path())};
}

Trained together(int size, const std::string& action, int parts) {
  const TemporaryFolder folder;
  RankProcesses ranks(size, worker(action, folder.path(), parts));
  const auto results = ranks.wait();
  for (const CommandResult& result : results)
    EXPECT_EQ(result.exit_status, 0) << all_errors(results);
  return {core::read_file(folder / "weights"), log_lines(folder.path())};
}

class RankTraining : public ::testing::TestWithParam<const char*> {};

TEST_P(RankTraining, EqualPartsGiveEqualWeightsBitForBit) {
  const Trained one = alone(GetParam(), 4);
  for (const int size : {2, 4}) {
    const Trained many = together(size, GetParam(), 4);
    EXPECT_TRUE(many.weights == one.weights) << size << " ranks";
    EXPECT_EQ(many.log, one.log) << size << " ranks";
  }
}
INSTANTIATE_TEST_SUITE_P(Networks, RankTraining,
                         ::testing::Values("digits", "photos", "autoencoder", "segmenter", "yolov8",
                                           "folded", "retinanet"),
                         [](const auto& instance) { return std::string(instance.param); });

// Without dropout and batch normalisation, dividing the batch changes nothing but rounding.
TEST(RankTrainings, PartsGiveTheGradientOfTheWholeBatch) {
  const TemporaryFolder folder;
  const std::string environment = "RANK_WORKER_NO_DROPOUT=1 RANK_WORKER_STEPS=6";
  core::write_file_atomic(folder / "whole", alone("digits", 1, environment).weights);
  core::write_file_atomic(folder / "divided", alone("digits", 3, environment).weights);
  const auto whole = models::load_safetensors(folder / "whole").tensors;
  const auto divided = models::load_safetensors(folder / "divided").tensors;
  ASSERT_EQ(whole.size(), divided.size());
  for (const auto& [name, tensor] : whole) {
    // Adam moves a weight by at most 6 x 0.003, in a direction that rounding may turn only where
    // the gradient is next to nothing.
    const double difference = (tensor - divided.at(name)).abs().mean().item<double>();
    EXPECT_LT(difference, 1e-6) << name;
  }
}

TEST(RankTrainings, ALostRankEndsTheOthersAndTheSameCommandGoesOn) {
  const Trained undisturbed = alone("digits", 2, "RANK_WORKER_STEPS=400");
  const TemporaryFolder folder;
  const std::string command = "env RANK_WORKER_STEPS=400 " + worker("digits", folder.path(), 2);
  {
    RankProcesses ranks(2, command);
    ASSERT_TRUE(RankProcesses::until(
        [&] { return fs::exists(folder / "checkpoints/checkpoint-1.safetensors.sha256"); }));
    ranks.signal(1, SIGKILL);
    const auto results = ranks.wait(20);
    EXPECT_EQ(results[0].exit_status, 60) << all_errors(results);
    EXPECT_THAT(results[0].errors, HasSubstr("rank 1 of 2"));
    EXPECT_FALSE(fs::exists(folder / "weights"));
  }
  RankProcesses again(2, command);
  const auto results = again.wait();
  for (const CommandResult& result : results)
    EXPECT_EQ(result.exit_status, 0) << all_errors(results);
  EXPECT_TRUE(core::read_file(folder / "weights") == undisturbed.weights);
  EXPECT_EQ(log_lines(folder.path()), undisturbed.log);
}

TEST(RankTrainings, ASignalToOneStopsAllAfterACheckpoint) {
  const Trained undisturbed = alone("digits", 2, "RANK_WORKER_STEPS=400");
  for (const auto& [number, status] : {std::pair{SIGINT, 130}, std::pair{SIGTERM, 143}}) {
    const TemporaryFolder folder;
    const std::string command = "env RANK_WORKER_STEPS=400 " + worker("digits", folder.path(), 2);
    {
      RankProcesses ranks(2, command);
      ASSERT_TRUE(RankProcesses::until(
          [&] { return fs::exists(folder / "checkpoints/checkpoint-0.safetensors.sha256"); }));
      ranks.signal(1, number);
      const auto results = ranks.wait(20);
      for (const CommandResult& result : results) {
        EXPECT_EQ(result.exit_status, status) << all_errors(results);
      }
    }
    // Continued by one process: checkpoints know nothing of ranks.
    const CommandResult alone_again = run_command(command);
    EXPECT_EQ(alone_again.exit_status, 0) << alone_again.errors;
    EXPECT_TRUE(core::read_file(folder / "weights") == undisturbed.weights);
  }
}

// Rank 1 has nothing to save and is done at once.
TEST(RankTrainings, NobodyLeavesBeforeTheCheckpointIsSaved) {
  const TemporaryFolder folder;
  RankProcesses ranks(2, worker("slow-save", folder.path(), 2));
  ASSERT_TRUE(RankProcesses::until([&] { return fs::exists(folder / "ready-1"); }));
  ranks.signal(1, SIGINT);
  const auto results = ranks.wait(30);
  for (const CommandResult& result : results) {
    EXPECT_EQ(result.exit_status, 130) << all_errors(results);
  }
  EXPECT_TRUE(fs::exists(folder / "checkpoints/checkpoint-0.safetensors.sha256"))
      << all_errors(results);
}

TEST(RankTrainings, RanksThatWouldTrainSomethingElseAreRefused) {
  const TemporaryFolder folder;
  RankProcesses ranks(2, worker("digits", folder.path(), 2),
                      [](int rank, const std::string& command) {
                        return (rank == 1 ? "env RANK_WORKER_STEPS=13 " : "") + command;
                      });
  const auto results = ranks.wait(30);
  for (const CommandResult& result : results)
    EXPECT_EQ(result.exit_status, 2) << all_errors(results);
  EXPECT_THAT(results[1].errors, HasSubstr("'steps' is 13 here and 12 there"));
}

}  // namespace
}  // namespace ersatz::test
