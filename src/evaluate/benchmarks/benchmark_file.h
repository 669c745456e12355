// The JSON that Google Benchmark writes (--benchmark_out_format=json).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace ersatz::evaluate {

struct BenchmarkTimes {
  std::vector<double> real, cpu;  // ns per iteration, one per repetition
  std::string label;
  std::map<std::string, std::vector<double>> counters;  // of the repetitions, by name
  std::string failure;                                  // why it did not run; empty when it did
  std::int64_t aggregated_of = 0;  // repetitions of which only means and the like were kept
};

struct BenchmarkFile {
  std::map<std::string, BenchmarkTimes> benchmarks;  // by name, without "_mean" and the like
  core::Json context;                                // machine, load, build, as written
};

// Error::missing; Error::untrusted (30) when it is no such file, naming what is wrong: also names
// above 1,000 bytes and more than 1,000 repetitions of one benchmark.
BenchmarkFile read_benchmark_file(const std::filesystem::path& file);
BenchmarkFile parse_benchmarks(std::string_view text, const std::filesystem::path& file);

// "2.18 s", "33.8 ms"; "-" for none.
std::string time_text(double nanoseconds);

// What makes times of two files hard to compare: another machine, a busy one, a debug build.
std::vector<std::string> context_warnings(const BenchmarkFile& before, const BenchmarkFile& after);

}  // namespace ersatz::evaluate
