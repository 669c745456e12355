// Where and how a training runs, as opposed to what it computes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/progress.h"

namespace ersatz::train {

struct TrainingRun {
  // Holds the two latest checkpoints; created when absent. A training found there continues.
  std::filesystem::path checkpoint_folder;
  // One JSON object per logged step is appended (metrics.jsonl); empty: no log.
  std::filesystem::path metrics_file;
  std::string device = "cpu";  // as accepted by compute::resolve_device
  std::uint64_t seed = 0;
  std::int64_t checkpoint_every = 500;  // steps between checkpoints (and stop points)
  std::int64_t log_every = 50;          // steps between lines of the log
  // When positive: save a checkpoint and return after this step, unfinished.
  std::int64_t stop_after = 0;
  core::Progress* progress = nullptr;  // counts steps; may be null
};

}  // namespace ersatz::train
