// What a run measured: named metrics, each with one value per seed, optionally at a point of a
// sweep ("corrected.original.error" at N = 385).
//
// Address grammar: `id` or `id@point`, e.g. `corrected.original.error@385`. A cell that was not run
// is recorded with its reason; it is never a number.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace ersatz::core {

struct Metric {
  std::string id;                   // dotted, lower case: [a-z0-9_.-]+
  std::optional<double> point;      // x coordinate in a sweep
  std::string unit;                 // "%", "s", "images", "" for a pure number
  std::vector<double> values;       // one per seed; empty when not run
  std::vector<std::int64_t> seeds;  // the seed of each value
  // Number of test items behind each value, 0 when it is not a proportion. For a proportion in %,
  // it gives the sampling noise that the test set alone allows.
  std::int64_t sample_count = 0;
  std::string not_run;  // the reason, when values is empty
  // Of what is no proportion: the standard deviation that the choice of test items alone gives the
  // mean over the seeds, e.g. from a bootstrap over pictures. 0: not known.
  double sampling_sd = 0;

  std::string address() const;  // "id" or "id@385"
};

// Splits "id@385"; Error::usage when malformed.
std::pair<std::string, std::optional<double>> parse_address(std::string_view address);

class MetricTable {
 public:
  // Adds one seed's value; creates the metric at first use. Non-finite values: Error::numeric.
  void add(std::string_view id, std::optional<double> point, std::int64_t seed, double value,
           std::string_view unit, std::int64_t sample_count = 0);
  // Of a metric that was added. Error::internal when it was not or is a proportion, Error::numeric
  // unless finite and at least 0.
  void set_sampling_sd(std::string_view id, std::optional<double> point, double sd);
  // Records that a metric was not run. No effect when it already has values.
  void not_run(std::string_view id, std::optional<double> point, std::string_view unit,
               std::string_view reason);

  const std::vector<Metric>& all() const { return metrics_; }
  // nullptr when absent.
  const Metric* find(std::string_view id, std::optional<double> point = std::nullopt) const;
  const Metric* find_address(std::string_view address) const;
  // All metrics with this id that have a point, by ascending point.
  std::vector<const Metric*> series(std::string_view id) const;

  Json to_json() const;                       // array, in order of insertion
  static MetricTable from_json(const Json&);  // Error::untrusted-like on malformed input

 private:
  std::vector<Metric> metrics_;
};

}  // namespace ersatz::core
