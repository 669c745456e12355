// How fast this is, beside others and beside what the hardware can do: results/bench/README.md.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "evaluate/benchmarks/benchmark_file.h"

namespace ersatz::report {

// What somebody else needs for the same.
struct Peer {
  std::string name;
  double value = 0;   // in the headline's unit; s for times
  std::string where;  // on which machine, with which OpenBLAS kernels where that is recorded
};

// A benchmark that the page shows first (bench/performance.toml).
struct Headline {
  std::string what, program;
  std::string benchmark;        // name, or its beginning up to a "/"
  std::string counter, unit;    // empty: the time of an iteration
  bool less_is_better = false;  // of a counter: memory
  std::vector<Peer> peers;
  std::optional<double> limit;  // in the counter's unit
  std::string limit_of;
  std::string note;  // stands beside the peers
};

struct Performance {
  std::vector<Headline> headlines;
  std::map<std::string, evaluate::BenchmarkFile> programs;  // by name, without ".json"
};

// `headlines`: bench/performance.toml. `results`: the folder of the programs' JSON files, with what
// peers needed in peers/; peers without a file are left out. Error::at_line for mistakes in the
// first, Error::untrusted for malformed results.
Performance read_performance(const std::filesystem::path& headlines,
                             const std::filesystem::path& results);

// Markdown: the headlines with peers and limits; then every program with its machine and all its
// benchmarks. Medians of the repetitions, with the smallest and the largest.
std::string performance_page(const Performance& performance);

}  // namespace ersatz::report
