#include "train/checkpoint.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <fstream>

#include "core/file_system.h"
#include "support/test_support.h"

namespace ersatz::train {
namespace {

namespace fs = std::filesystem;

const core::Json kConfiguration = {{"lr", 0.1}, {"seed", 3}};

Checkpoint at_step(std::int64_t step) {
  Checkpoint checkpoint;
  checkpoint.step = step;
  checkpoint.tensors["w"] = torch::full({3, 2}, static_cast<float>(step));
  checkpoint.state["loss"] = 0.1 * static_cast<double>(step);
  return checkpoint;
}

std::int64_t loaded_step(const fs::path& folder) {
  const auto checkpoint = CheckpointFolder(folder, kConfiguration).load();
  if (!checkpoint) return -1;
  EXPECT_EQ(checkpoint->tensors.at("w").sum().item<float>(),
            6.0F * static_cast<float>(checkpoint->step));
  return checkpoint->step;
}

TEST(Checkpoint, RoundTripAndTwoGenerations) {
  const test::TemporaryFolder folder;
  CheckpointFolder checkpoints(folder.path(), kConfiguration);
  EXPECT_FALSE(checkpoints.load().has_value());
  for (std::int64_t step = 1; step <= 5; ++step) {
    checkpoints.save(at_step(step));
    const auto read = CheckpointFolder(folder.path(), kConfiguration).load();
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->step, step);
    EXPECT_EQ(read->state, at_step(step).state);
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 4)
      << "two checkpoints with their digests";
}

TEST(Checkpoint, AProcessThatResumesKeepsTheNewestIntact) {
  const test::TemporaryFolder folder;
  CheckpointFolder(folder.path(), kConfiguration).save(at_step(1));
  for (std::int64_t step = 2; step <= 4; ++step) {
    CheckpointFolder process(folder.path(), kConfiguration);
    ASSERT_EQ(process.load()->step, step - 1);
    process.save(at_step(step));
  }
  fs::remove(folder / "checkpoint-1.safetensors");
  fs::remove(folder / "checkpoint-0.safetensors.sha256");
  EXPECT_EQ(loaded_step(folder.path()), -1) << "neither generation is complete";
}

TEST(Checkpoint, EveryBitFlipIsDetected) {
  const test::TemporaryFolder folder;
  CheckpointFolder checkpoints(folder.path(), kConfiguration);
  checkpoints.save(at_step(1));
  checkpoints.save(at_step(2));
  ASSERT_EQ(loaded_step(folder.path()), 2);
  // Find the file of step 2, then flip every bit of it and of its digest.
  int flips = 0;
  const fs::path newest = CheckpointFolder(folder.path(), kConfiguration).load()->file;
  for (const fs::path& file : {newest, fs::path(newest.string() + ".sha256")}) {
    const std::string original = core::read_file(file);
    for (std::size_t bit = 0; bit < 8 * original.size(); ++bit, ++flips) {
      std::string damaged = original;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
      fs::remove(file);
      std::ofstream(file, std::ios::binary) << damaged;  // does not wait for the disk
      ASSERT_EQ(loaded_step(folder.path()), 1) << file << " bit " << bit;
    }
    core::write_file_atomic(file, original);
  }
  EXPECT_GT(flips, 2000);
  EXPECT_EQ(loaded_step(folder.path()), 2);
}

TEST(Checkpoint, TruncationFallsBackToTheOtherGenerationOrToTheStart) {
  const test::TemporaryFolder folder;
  CheckpointFolder checkpoints(folder.path(), kConfiguration);
  checkpoints.save(at_step(1));
  const std::string bytes = core::read_file(folder / "checkpoint-0.safetensors");
  for (const std::size_t size : {std::size_t{0}, std::size_t{7}, bytes.size() - 1}) {
    core::write_file_atomic(folder / "checkpoint-0.safetensors", bytes.substr(0, size));
    EXPECT_EQ(loaded_step(folder.path()), -1) << size;
  }
  // The damaged generation is the one to be replaced.
  CheckpointFolder next(folder.path(), kConfiguration);
  next.load();
  next.save(at_step(2));
  EXPECT_EQ(loaded_step(folder.path()), 2);
}

TEST(Checkpoint, SavesOverTheDamagedGenerationNotTheIntactOne) {
  const test::TemporaryFolder folder;
  CheckpointFolder checkpoints(folder.path(), kConfiguration);
  checkpoints.save(at_step(1));
  checkpoints.save(at_step(2));
  core::write_file_atomic(folder / "checkpoint-1.safetensors", "broken");
  CheckpointFolder resumed(folder.path(), kConfiguration);
  ASSERT_EQ(resumed.load()->step, 1);
  resumed.save(at_step(3));
  core::write_file_atomic(folder / "checkpoint-1.safetensors", "broken again");
  EXPECT_EQ(loaded_step(folder.path()), 1);
}

TEST(Checkpoint, RefusesAnotherConfiguration) {
  const test::TemporaryFolder folder;
  CheckpointFolder(folder.path(), kConfiguration).save(at_step(1));
  CheckpointFolder other(folder.path(), {{"lr", 0.2}, {"seed", 3}});
  EXPECT_ERSATZ_ERROR(other.load(), core::ExitCode::kUsage, "'lr' is 0.1 there and 0.2 here");
  CheckpointFolder more(folder.path(), {{"lr", 0.1}, {"seed", 3}, {"width", 7}});
  EXPECT_ERSATZ_ERROR(more.load(), core::ExitCode::kUsage, "'width' is absent there");
}

TEST(Checkpoint, IsPlainSafetensorsWithADigestForSha256sum) {
  const test::TemporaryFolder folder;
  CheckpointFolder(folder.path(), kConfiguration).save(at_step(9));
  EXPECT_EQ(models::load_safetensors(folder / "checkpoint-0.safetensors").metadata.at("step"), "9");
  const test::CommandResult result = test::run_command(
      "cd '" + folder.path().string() + "' && sha256sum -c checkpoint-0.safetensors.sha256");
  EXPECT_EQ(result.exit_status, 0) << result.output << result.errors;
}

}  // namespace
}  // namespace ersatz::train
