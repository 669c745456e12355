// What a collection would remove, and removing it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/kept_runs.h"

namespace ersatz::cli {

struct Garbage {
  std::filesystem::path path;
  std::uint64_t bytes = 0;
  std::string reason;          // "run folder", "stage output", ... in plain words, plural
  std::filesystem::path lock;  // held while it is removed; empty: none needed
};

struct GarbageList {
  std::vector<Garbage> items;
  std::vector<std::string> notes;  // what was left alone, and why
};

// Looks below runs/ and results/ of the project; removes nothing.
GarbageList find_garbage(const RetentionOptions& options);

// Removes one item. False when a live process holds its lock: then nothing is touched.
bool remove_garbage(const Garbage& item);

}  // namespace ersatz::cli
