// A segmenter learns to tell discs from squares, and goes on where it was stopped.
#include "train/segmentation/segmenter_trainer.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "core/error.h"
#include "core/file_system.h"
#include "core/philox.h"
#include "label/semantic/semantic_segmenter.h"
#include "models/safetensors.h"
#include "support/test_support.h"

namespace ersatz::train {
namespace {

namespace fs = std::filesystem;

constexpr int kSide = 32;

struct Drawn {
  data::RgbImage picture{kSide, kSide, std::vector<std::uint8_t>(3 * kSide * kSide, 60)};
  KnownPixels known{std::vector<std::uint16_t>(kSide * kSide, 0), {}};
};

// A red disc or a green square, somewhere.
Drawn drawing(std::uint64_t index) {
  Drawn drawn;
  core::Stream random(5, "drawings", index);
  const bool disc = random.uniform() < 0.5F;
  const int cx = 9 + static_cast<int>(random.below(14)),
            cy = 9 + static_cast<int>(random.below(14));
  drawn.known.classes = {disc ? 0 : 1};
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const int dx = x - cx, dy = y - cy;
      const bool in = disc ? dx * dx + dy * dy <= 49 : std::abs(dx) <= 6 && std::abs(dy) <= 6;
      if (!in) continue;
      const auto at = static_cast<std::size_t>(y * kSide + x);
      drawn.known.instances[at] = 1;
      drawn.picture.pixels[3 * at + (disc ? 0 : 1)] = 220;
    }
  }
  return drawn;
}

SegmentationSet drawings(std::int64_t count) {
  SegmentationSet set({"disc", "square"}, count, kSide, kSide);
  for (std::int64_t i = 0; i < count; ++i) {
    const Drawn drawn = drawing(static_cast<std::uint64_t>(i));
    set.fill(i, drawn.picture, drawn.known);
  }
  return set;
}

SegmenterTraining training() {
  SegmenterTraining training;
  training.width = 8;
  training.steps = 60;
  training.batch_size = 8;
  training.learning_rate.base = 1e-2;
  return training;
}

TrainingRun run_in(const fs::path& folder) {
  TrainingRun run;
  run.checkpoint_folder = folder;
  run.seed = 3;
  run.checkpoint_every = 20;
  return run;
}

TEST(SegmentationSet, KnowsClassesAndInteriors) {
  const Drawn drawn = drawing(0);
  SegmentationSet set({"disc", "square"}, 1, kSide, kSide);
  set.fill(0, drawn.picture, drawn.known);
  const torch::Tensor classes = set.targets[0][0], interior = set.targets[0][1];
  EXPECT_EQ(classes.max().item<std::int64_t>(), drawn.known.classes[0] + 1);
  const auto object = classes.gt(0).sum().item<std::int64_t>();
  const auto inner = interior.sum().item<std::int64_t>();
  EXPECT_GT(inner, 0);
  EXPECT_LT(inner, object);
  EXPECT_EQ((interior.gt(0) & classes.eq(0)).sum().item<std::int64_t>(), 0);
  EXPECT_EQ(set.pictures[0][0][0][0].item<std::int64_t>(), 60);
  Drawn small;
  small.known.instances[0] = 1;  // one pixel has no neighbours like it
  small.known.classes = {1};
  set.fill(0, small.picture, small.known);
  EXPECT_EQ(set.targets[0][1][0][0].item<std::int64_t>(), 1);
  small.known.classes = {2};
  EXPECT_THROW(set.fill(0, small.picture, small.known), core::Error);
  EXPECT_THROW(SegmentationSet({"a"}, 1, 40, 40), core::Error);
}

TEST(SegmenterTrainer, LearnsAndItsFileLabels) {
  const test::TemporaryFolder folder;
  const auto result = train_segmenter(drawings(64), "drawings", training(), run_in(folder / "run"),
                                      folder / "small.safetensors");
  EXPECT_TRUE(result.finished);
  EXPECT_TRUE(models::is_small_segmenter(folder / "small.safetensors"));
  const label::SemanticSegmenter segmenter(folder / "small.safetensors", "small", torch::kCPU);
  EXPECT_EQ(segmenter.classes(), (std::vector<std::string>{"disc", "square"}));
  double overlap = 0;
  int right = 0;
  for (std::uint64_t i = 1000; i < 1010; ++i) {
    const Drawn drawn = drawing(i);
    const auto labels = segmenter.labels(drawn.picture);
    if (labels.empty()) continue;
    right += labels[0].class_index == drawn.known.classes[0] ? 1 : 0;
    const std::vector<std::uint8_t> mask = data::decode_rle(labels[0].mask);
    int both = 0, either = 0;
    for (std::size_t p = 0; p < mask.size(); ++p) {
      both += mask[p] != 0 && drawn.known.instances[p] != 0 ? 1 : 0;
      either += mask[p] != 0 || drawn.known.instances[p] != 0 ? 1 : 0;
    }
    overlap += static_cast<double>(both) / either;
  }
  EXPECT_GE(right, 9);
  EXPECT_GT(overlap / 10, 0.7);
  // A picture whose sides are no multiples of 16.
  data::RgbImage odd{30, 21, std::vector<std::uint8_t>(3 * 30 * 21, 60)};
  for (const label::ObjectLabel& label : segmenter.labels(odd)) EXPECT_EQ(label.mask.width, 30);
}

TEST(SegmenterTrainer, StoppedAndContinuedIsTheSame) {
  const test::TemporaryFolder folder;
  const SegmentationSet set = drawings(16);
  SegmenterTraining few = training();
  few.steps = 12;
  train_segmenter(set, "drawings", few, run_in(folder / "whole"), folder / "whole.safetensors");
  TrainingRun stopped = run_in(folder / "parts");
  stopped.stop_after = 5;
  EXPECT_FALSE(
      train_segmenter(set, "drawings", few, stopped, folder / "parts.safetensors").finished);
  EXPECT_FALSE(fs::exists(folder / "parts.safetensors"));
  train_segmenter(set, "drawings", few, run_in(folder / "parts"), folder / "parts.safetensors");
  EXPECT_EQ(core::read_file(folder / "whole.safetensors"),
            core::read_file(folder / "parts.safetensors"));
  few.width = 9;
  EXPECT_THROW(
      train_segmenter(set, "drawings", few, run_in(folder / "parts"), folder / "x.safetensors"),
      core::Error);
}

TEST(SmallSegmenter, RefusesWhatIsNoneOfItsFiles) {
  const test::TemporaryFolder folder;
  EXPECT_FALSE(models::is_small_segmenter(folder / "none.safetensors"));
  EXPECT_THROW(models::load_small_segmenter(folder / "none.safetensors"), core::Error);
  models::save_safetensors(folder / "other.safetensors", {{"a", torch::zeros({2})}},
                           {{"network", "digit-classifier"}});
  EXPECT_FALSE(models::is_small_segmenter(folder / "other.safetensors"));
  EXPECT_THROW(models::load_small_segmenter(folder / "other.safetensors"), core::Error);
  models::save_safetensors(
      folder / "hollow.safetensors", {{"a", torch::zeros({2})}},
      {{"network", "small-segmenter"}, {"width", "8"}, {"class_names", "[\"a\"]"}});
  EXPECT_TRUE(models::is_small_segmenter(folder / "hollow.safetensors"));
  EXPECT_THROW(models::load_small_segmenter(folder / "hollow.safetensors"), core::Error);
  models::SmallSegmenter network({{"a"}, 8}, 1);
  EXPECT_THROW(network.forward(torch::zeros({1, 3, 24, 32})), core::Error);
  EXPECT_THROW(models::SmallSegmenter({{}, 8}, 1), core::Error);
}

}  // namespace
}  // namespace ersatz::train
