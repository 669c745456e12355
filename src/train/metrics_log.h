// metrics.jsonl: one JSON object per logged step.
#pragma once

#include <cstdint>
#include <filesystem>

#include "core/json.h"

namespace ersatz::train {

class MetricsLog {
 public:
  // Continues a log at `step`: lines of later steps (written by a process that was killed after
  // its last checkpoint) and a torn last line are removed. An empty path writes nothing.
  MetricsLog(std::filesystem::path file, std::int64_t step);

  // `line` must hold "step". Non-finite numbers are written as null.
  void append(const core::Json& line) const;

 private:
  std::filesystem::path file_;
};

}  // namespace ersatz::train
