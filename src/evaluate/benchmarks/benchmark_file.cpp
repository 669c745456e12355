#include "evaluate/benchmarks/benchmark_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/error.h"
#include "core/file_system.h"

namespace ersatz::evaluate {
namespace {

namespace fs = std::filesystem;
using core::Json;

constexpr std::size_t kMaxName = 1000;         // bytes
constexpr std::size_t kMaxRepetitions = 1000;  // comparing takes all pairs of two files'

double nanoseconds(const std::string& unit, const fs::path& file) {
  if (unit == "ns") return 1;
  if (unit == "us") return 1e3;
  if (unit == "ms") return 1e6;
  if (unit == "s") return 1e9;
  throw core::Error::untrusted(file, fmt::format("unknown time unit '{}'", unit));
}

// What Google Benchmark writes of every run; all other numbers are a program's own.
bool is_counter(const std::string& key) {
  static const std::set<std::string> known = {"family_index", "per_family_instance_index",
                                              "repetitions",  "repetition_index",
                                              "threads",      "iterations",
                                              "real_time",    "cpu_time"};
  return known.count(key) == 0;
}

void add(const Json& entry, const fs::path& file, BenchmarkFile& result) {
  const auto name = entry.at("name").get<std::string>();
  const std::string run_name = entry.value("run_name", name);
  if (std::max(name.size(), run_name.size()) > kMaxName) {
    throw core::Error::untrusted(
        file, fmt::format("the name of a benchmark is longer than {} bytes", kMaxName));
  }
  BenchmarkTimes& times = result.benchmarks[run_name];
  if (entry.value("error_occurred", false)) {
    times.failure = entry.value("error_message", std::string("it failed"));
    return;
  }
  if (entry.value("run_type", std::string("iteration")) != "iteration") {
    const Json repetitions = entry.value("repetitions", Json(0));
    if (!repetitions.is_number_integer()) {
      throw core::Error::untrusted(file, fmt::format("repetitions of {} is no whole number", name));
    }
    times.aggregated_of = repetitions.get<std::int64_t>();
    return;
  }
  if (times.real.size() == kMaxRepetitions) {
    throw core::Error::untrusted(
        file, fmt::format("{} has more than {} repetitions", run_name, kMaxRepetitions));
  }
  const double unit = nanoseconds(entry.value("time_unit", std::string("ns")), file);
  for (const auto& [key, values] :
       {std::pair{"real_time", &times.real}, {"cpu_time", &times.cpu}}) {
    const double time = entry.at(key).get<double>() * unit;
    if (!std::isfinite(time) || time < 0) {
      throw core::Error::untrusted(file, fmt::format("{} of {} is {}", key, name, time));
    }
    values->push_back(time);
  }
  times.label = entry.value("label", std::string());
  for (const auto& [key, value] : entry.items()) {
    if (value.is_number() && is_counter(key)) times.counters[key].push_back(value.get<double>());
  }
}

// Of which benchmark of the list, from 1, an entry is; its name where it has one.
std::string place_of(const Json& entry, std::size_t number) {
  const std::string place = fmt::format("benchmark {}", number);
  if (!entry.is_object() || !entry.contains("name") || !entry.at("name").is_string()) return place;
  const auto name = entry.at("name").get<std::string>();
  return fmt::format("{} ({})", place, name.substr(0, kMaxName));
}

// Without the library's own number of the mistake: "key 'real_time' not found".
std::string words_of(const Json::exception& error) {
  const std::string words = error.what();
  const std::size_t end = words.find("] ");
  return end == std::string::npos ? words : words.substr(end + 2);
}

double busy(const Json& context) {
  const auto load = context.find("load_avg");
  if (load == context.end() || !load->is_array() || load->empty() || !load->at(0).is_number()) {
    return 0;
  }
  return load->at(0).get<double>();
}

}  // namespace

BenchmarkFile parse_benchmarks(std::string_view text, const fs::path& file) {
  const Json json = core::parse_json(text, file);
  if (!json.is_object() || !json.contains("benchmarks") || !json.at("benchmarks").is_array()) {
    throw core::Error::untrusted(file, "has no list \"benchmarks\"");
  }
  BenchmarkFile result;
  try {
    result.context = json.value("context", Json::object());
    if (!result.context.is_object()) {
      throw core::Error::untrusted(file, "\"context\" is no object");
    }
    if (!result.context.value("num_cpus", Json(1)).is_number()) {
      throw core::Error::untrusted(file, "\"num_cpus\" is no number");
    }
  } catch (const Json::exception& error) {
    throw core::Error::untrusted(file, words_of(error));
  }
  std::size_t number = 0;
  for (const Json& entry : json.at("benchmarks")) {
    ++number;
    try {
      add(entry, file, result);
    } catch (const Json::exception& error) {
      throw core::Error::untrusted(file,
                                   fmt::format("{}: {}", place_of(entry, number), words_of(error)));
    }
  }
  return result;
}

BenchmarkFile read_benchmark_file(const fs::path& file) {
  return parse_benchmarks(core::read_file(file), file);
}

std::string time_text(double nanoseconds) {
  if (nanoseconds <= 0) return "-";
  for (const auto& [unit, size] : {std::pair{"s", 1e9}, {"ms", 1e6}, {"us", 1e3}}) {
    if (nanoseconds >= size) return fmt::format("{:.4g} {}", nanoseconds / size, unit);
  }
  return fmt::format("{:.4g} ns", nanoseconds);
}

std::vector<std::string> context_warnings(const BenchmarkFile& before, const BenchmarkFile& after) {
  std::vector<std::string> warnings;
  for (const char* key :
       {"cpu", "cores", "blas", "num_cpus", "caches", "cpu_scaling_enabled", "library_version"}) {
    if (!before.context.contains(key) || !after.context.contains(key)) continue;
    const Json &first = before.context.at(key), &second = after.context.at(key);
    if (first == second) continue;
    warnings.push_back(first.is_structured()
                           ? fmt::format("{} differ: these are two machines", key)
                           : fmt::format("{} was {} and is {}", key, first.dump(), second.dump()));
  }
  for (const auto& [name, file] : {std::pair{"first", &before}, {"second", &after}}) {
    const double cores = file->context.value("num_cpus", 1.0);
    if (busy(file->context) > cores) {
      warnings.push_back(
          fmt::format("the machine was busy when the {} was made (load {:.1f} on {} "
                      "cores)",
                      name, busy(file->context), cores));
    }
  }
  return warnings;
}

}  // namespace ersatz::evaluate
