// The test that matters: classifiers trained on real pictures, on generated ones and on both, and
// tested on real test pictures.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/experiment.h"

namespace ersatz::clothing {

inline constexpr std::int64_t kAllImages = 0;  // every training picture there is

// What a classifier is trained on: `real_images` real pictures (kAllImages: all; -1: none) and,
// with `generated`, the balanced samples of an arm.
struct TrainingMix {
  std::int64_t real_images = -1;
  bool generated = false;
  std::string arm;            // whose samples; and whose pictures are learned and tested
  bool share_of_arm = false;  // real pictures: those the arm's generator saw, instead
};

// Sizes of the profile, ascending, and kAllImages at the end.
std::vector<std::int64_t> real_sizes(const core::Config& config);

// A classifier of one replicate. Summary: accuracy on the test pictures, "count", "real_images".
std::string add_use_test(core::RunContext& run, core::StageGraph& graph, const TrainingMix& mix,
                         std::int64_t seed);
std::string use_test_stage(const TrainingMix& mix, std::int64_t seed);

}  // namespace ersatz::clothing
