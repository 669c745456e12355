#include "report/performance/performance_page.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "report/markdown.h"

namespace ersatz::report {
namespace {

using core::Json;
using evaluate::BenchmarkTimes;

// Median, smallest and largest of the repetitions.
struct Spread {
  double median = 0, least = 0, most = 0;
};

Spread spread_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size(), half = n / 2;
  const double median = n % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
  return {median, values.front(), values.back()};
}

std::string number(double value) {
  return value >= 1000 ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", value);
}

std::optional<Spread> counter_of(const BenchmarkTimes& times, const std::string& name) {
  const auto found = times.counters.find(name);
  if (found == times.counters.end() || found->second.empty()) return std::nullopt;
  return spread_of(found->second);
}

// The first benchmark with this name or this beginning.
const BenchmarkTimes* find(const Performance& performance, const Headline& headline) {
  const auto program = performance.programs.find(headline.program);
  if (program == performance.programs.end()) return nullptr;
  for (const auto& [name, times] : program->second.benchmarks) {
    const bool begins = name.rfind(headline.benchmark + "/", 0) == 0;
    if ((name == headline.benchmark || begins) && !times.real.empty()) return &times;
  }
  return nullptr;
}

std::string limit_text(const Headline& headline, const BenchmarkTimes& times,
                       const std::optional<Spread>& counter) {
  if (headline.limit && counter) {
    return fmt::format("{:.0f} % of {}", 100 * counter->median / *headline.limit,
                       headline.limit_of);
  }
  const auto peak = counter_of(times, "percent_of_peak");
  return peak ? fmt::format("{:.0f} % of the arithmetic units", peak->median) : "";
}

std::vector<std::string> headline_row(const Headline& headline, const BenchmarkTimes* times) {
  const std::string what = markdown_escape(headline.what);
  const std::optional<Spread> counter = times == nullptr || headline.counter.empty()
                                            ? std::nullopt
                                            : counter_of(*times, headline.counter);
  if (times == nullptr || (!headline.counter.empty() && !counter)) {
    return {what, "not measured", "", "", ""};
  }
  const bool is_time = headline.counter.empty();
  const Spread shown = is_time ? spread_of(times->real) : *counter;
  const std::string here = is_time ? evaluate::time_text(shown.median)
                                   : fmt::format("{} {}", number(shown.median), headline.unit);
  const std::string range = is_time
                                ? fmt::format("{} to {}", evaluate::time_text(shown.least),
                                              evaluate::time_text(shown.most))
                                : fmt::format("{} to {}", number(shown.least), number(shown.most));
  std::vector<std::string> peers;
  for (const Peer& peer : headline.peers) {
    const double ratio = is_time                   ? peer.value * 1e9 / shown.median
                         : headline.less_is_better ? peer.value / shown.median
                                                   : shown.median / peer.value;
    const std::string value = is_time ? evaluate::time_text(peer.value * 1e9)
                                      : fmt::format("{} {}", number(peer.value), headline.unit);
    peers.push_back(fmt::format("**{:.2g} x** {}: {} on {}", ratio, markdown_escape(peer.name),
                                value, markdown_escape(peer.where)));
  }
  if (!headline.note.empty()) peers.push_back(markdown_escape(headline.note));
  return {what, here, range, limit_text(headline, *times, counter),
          fmt::format("{}", fmt::join(peers, "<br>"))};
}

std::string field(const Json& context, const char* key) {
  const auto found = context.find(key);
  return found == context.end() || !found->is_string() ? "" : found->get<std::string>();
}

// Machine, load, BLAS kernels, build and day. What a file of the time before benchmarks recorded
// them lacks is named once.
std::string machine_line(const evaluate::BenchmarkFile& file) {
  const Json& context = file.context;
  std::vector<std::string> parts, lacking;
  for (const auto& [key, name] :
       {std::pair{"cpu", "CPU"}, {"compiler", "compiler"}, {"commit", "commit"}}) {
    if (field(context, key).empty()) lacking.emplace_back(name);
  }
  if (!field(context, "cpu").empty()) parts.push_back(field(context, "cpu"));
  if (!field(context, "cores").empty()) parts.push_back(field(context, "cores") + " cores");
  const auto load = context.find("load_avg");
  if (load != context.end() && load->is_array() && !load->empty() && load->at(0).is_number()) {
    parts.push_back(fmt::format("load {:.1f} at the start", load->at(0).get<double>()));
  }
  if (!field(context, "blas").empty()) {
    parts.push_back("OpenBLAS kernels " + field(context, "blas"));
  }
  if (!field(context, "compiler").empty()) parts.push_back(field(context, "compiler"));
  if (!field(context, "commit").empty()) {
    parts.push_back("commit " + field(context, "commit").substr(0, 10));
  }
  parts.push_back(field(context, "date").substr(0, 10));
  if (!lacking.empty()) {
    parts.push_back(fmt::format("not recorded: {} (benchmarks did not write it yet)",
                                fmt::join(lacking, ", ")));
  }
  return markdown_escape(fmt::format("{}", fmt::join(parts, "; ")));
}

// A label in short: its first words, up to a list or to so many that the table can be read.
std::string variant_text(std::string label) {
  constexpr std::size_t kMost = 80;  // bytes
  label = label.substr(0, label.find("  "));
  if (label.size() > kMost) {
    const std::size_t space = label.rfind(' ', kMost);
    if (space != std::string::npos) label.resize(space);
  }
  while (!label.empty() && (label.back() == ',' || label.back() == ' ')) label.pop_back();
  return label;
}

std::string rates_of(const BenchmarkTimes& times) {
  std::vector<std::string> rates;
  for (const auto& item : times.counters) {
    const double median = spread_of(item.second).median;
    if (item.first == "bytes_per_second") {
      rates.push_back(fmt::format("{} GB/s", number(median / 1e9)));
    } else if (item.first == "percent_of_peak") {
      rates.push_back(fmt::format("{:.0f} % of the peak", median));
    } else {
      rates.push_back(fmt::format("{} {}", number(median), item.first));
    }
  }
  return fmt::format("{}", fmt::join(rates, ", "));
}

std::string program_section(const std::string& name, const evaluate::BenchmarkFile& file) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [benchmark, times] : file.benchmarks) {
    if (!times.failure.empty()) {
      rows.push_back(
          {markdown_escape(benchmark), "not run", markdown_escape(times.failure), "", "", ""});
      continue;
    }
    if (times.real.empty()) {
      rows.push_back({markdown_escape(benchmark), "only means were kept", "", "",
                      std::to_string(times.aggregated_of), ""});
      continue;
    }
    const Spread time = spread_of(times.real);
    rows.push_back(
        {markdown_escape(benchmark), markdown_escape(variant_text(times.label)),
         evaluate::time_text(time.median),
         fmt::format("{} to {}", evaluate::time_text(time.least), evaluate::time_text(time.most)),
         std::to_string(times.real.size()), rates_of(times)});
  }
  return fmt::format("\n## {}\n\n{}\n\n{}", name, machine_line(file),
                     markdown_table({"benchmark", "variant", "median", "smallest to largest", "n",
                                     "rates (medians)"},
                                    rows, {false, false, true, false, true, false}));
}

}  // namespace

std::string performance_page(const Performance& performance) {
  std::vector<std::vector<std::string>> rows;
  for (const Headline& headline : performance.headlines) {
    rows.push_back(headline_row(headline, find(performance, headline)));
  }
  std::string page = fmt::format(
      "# How fast\n\n"
      "Made by `ersatz report` from the JSON files beside it, which `make bench` writes, and from "
      "`bench/performance.toml`. Medians of the repetitions; \"x\" says how many times as fast as "
      "others this is (of memory: how many times as much they take), where they were measured on "
      "the machine that is named. The arithmetic "
      "units' rate is measured by the benchmarks themselves, in registers; convolutions by "
      "Winograd "
      "do fewer multiplications than are counted and may exceed it. `ersatz compare-bench OLD NEW` "
      "tells changes from noise.\n\n{}",
      markdown_table({"what", "here", "smallest to largest", "of the limit", "others"}, rows,
                     {false, true, false, false, false}));
  for (const auto& [name, file] : performance.programs) page += program_section(name, file);
  return page;
}

}  // namespace ersatz::report
