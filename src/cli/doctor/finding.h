// One thing that `ersatz doctor` looked at.
#pragma once

#include <string>
#include <vector>

namespace ersatz::cli {

enum class Level {
  kOk,
  kNote,     // slower, or only missed by some profiles
  kMissing,  // profile mini cannot run without it
};

struct Finding {
  std::string name;  // "OpenBLAS", "data mnist"
  Level level = Level::kOk;
  std::string text;      // what was found
  std::string fix = {};  // the one command that cures it; empty when there is nothing to cure
};

using Findings = std::vector<Finding>;

inline const char* to_string(Level level) {
  return level == Level::kOk ? "ok" : level == Level::kNote ? "note" : "missing";
}

}  // namespace ersatz::cli
