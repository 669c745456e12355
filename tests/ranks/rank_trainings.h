// The trainings that rank_worker does, each small enough for seconds.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "compute/ranks/rank_group.h"
#include "core/file_system.h"
#include "core/ranks.h"

namespace ersatz::test {

struct Rank {
  core::Ranks place;
  compute::RankGroup* group = nullptr;  // null: alone
  std::filesystem::path folder;
  std::int64_t parts = 0;

  int number() const { return place.rank; }
  std::filesystem::path file(const std::string& name) const {
    return folder / fmt::format("{}-{}", name, number());
  }
  void ready() const { core::write_file_atomic(file("ready"), ""); }
};

// "digits", "photos", "autoencoder", "segmenter", "yolov8", "folded" (YOLOv8 that begins with folded
// weights), "retinanet", "slow-save" (rank 0 takes longer for a checkpoint than the others are waited
// for): leaves `weights` and metrics.jsonl in the folder. False for other actions.
bool train_as_rank(const std::string& action, const Rank& rank);

}  // namespace ersatz::test
