// Where and how a training runs, as opposed to what it computes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/progress.h"

namespace ersatz::compute {
class RankGroup;
}

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

  // The processes that train together, each with the same settings: every one of them computes some
  // parts of each batch. Null: this one alone. Rank 0 writes all files, the others none.
  compute::RankGroup* ranks = nullptr;
  // Into how many parts a batch is divided, whose gradients are added in order: what is learned
  // depends on this number and not on the number of ranks. 0: as many parts as ranks.
  std::int64_t parts = 0;
};

// Whether this process writes the training's files: it is alone or rank 0.
bool writes_files(const TrainingRun& run);
// TrainingRun::parts, with its default filled in. Error::usage unless every rank gets one.
std::int64_t parts_of(const TrainingRun& run);

}  // namespace ersatz::train
