#include "core/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <utility>

#include "core/error.h"

namespace ersatz::core {
namespace {

bool valid_id(std::string_view id) {
  return !id.empty() && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
  });
}

Error malformed(std::string_view what) {
  return Error(ExitCode::kUntrustedData, fmt::format("metrics: {}", what));
}

// Files of others may have 3.0.
std::int64_t whole(const Json& value) {
  if (value.is_number_float() && !(std::abs(value.get<double>()) < 0x1p63)) {
    throw malformed(fmt::format("{} is no whole number", value.dump()));
  }
  return value.get<std::int64_t>();
}

// Its square, a variance, must be finite too.
bool is_deviation(double sd) { return sd >= 0 && std::isfinite(sd * sd); }

}  // namespace

std::string Metric::address() const { return point ? fmt::format("{}@{:g}", id, *point) : id; }

std::pair<std::string, std::optional<double>> parse_address(std::string_view address) {
  const std::size_t at = address.find('@');
  const std::string id(address.substr(0, at));
  std::optional<double> point;
  bool good = valid_id(id);
  if (good && at != std::string_view::npos) {
    const std::string_view text = address.substr(at + 1);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    good = error == std::errc() && end == text.data() + text.size() && std::isfinite(value);
    point = value;
  }
  if (!good) {
    throw Error::usage(fmt::format("'{}' is not a metric address", address),
                       "write id or id@point, e.g. corrected.original.error@385");
  }
  return {id, point};
}

void MetricTable::add(std::string_view id, std::optional<double> point, std::int64_t seed,
                      double value, std::string_view unit, std::int64_t sample_count) {
  if (!valid_id(id)) throw Error::internal(fmt::format("'{}' is not a metric id", id));
  if (!std::isfinite(value)) throw Error::numeric("a metric", id);
  Metric* metric = const_cast<Metric*>(find(id, point));
  if (metric == nullptr) {
    metrics_.push_back(Metric{std::string(id), point, std::string(unit), {}, {}, sample_count, {}});
    metric = &metrics_.back();
  }
  metric->not_run.clear();
  metric->values.push_back(value);
  metric->seeds.push_back(seed);
}

void MetricTable::set_sampling_sd(std::string_view id, std::optional<double> point, double sd) {
  Metric* metric = const_cast<Metric*>(find(id, point));
  if (metric == nullptr || metric->values.empty() || metric->sample_count > 0) {
    throw Error::internal(fmt::format("'{}' can have no sampling noise of its own", id));
  }
  if (!is_deviation(sd)) throw Error::numeric("the sampling noise of a metric", id);
  metric->sampling_sd = sd;
}

void MetricTable::not_run(std::string_view id, std::optional<double> point, std::string_view unit,
                          std::string_view reason) {
  if (find(id, point) != nullptr) return;
  metrics_.push_back(
      Metric{std::string(id), point, std::string(unit), {}, {}, 0, std::string(reason)});
}

const Metric* MetricTable::find(std::string_view id, std::optional<double> point) const {
  for (const Metric& metric : metrics_) {
    if (metric.id == id && metric.point == point) return &metric;
  }
  return nullptr;
}

const Metric* MetricTable::find_address(std::string_view address) const {
  const auto [id, point] = parse_address(address);
  return find(id, point);
}

std::vector<const Metric*> MetricTable::series(std::string_view id) const {
  std::vector<const Metric*> found;
  for (const Metric& metric : metrics_) {
    if (metric.id == id && metric.point) found.push_back(&metric);
  }
  std::sort(found.begin(), found.end(),
            [](const Metric* a, const Metric* b) { return *a->point < *b->point; });
  return found;
}

Json MetricTable::to_json() const {
  Json out = Json::array();
  for (const Metric& metric : metrics_) {
    Json row = {{"id", metric.id}};
    if (metric.point) row["point"] = *metric.point;
    row["unit"] = metric.unit;
    if (metric.values.empty()) {
      row["not_run"] = metric.not_run;
    } else {
      row["values"] = metric.values;
      row["seeds"] = metric.seeds;
      if (metric.sample_count > 0) row["sample_count"] = metric.sample_count;
      if (metric.sampling_sd > 0) row["sampling_sd"] = metric.sampling_sd;
    }
    out.push_back(std::move(row));
  }
  return out;
}

MetricTable MetricTable::from_json(const Json& json) {
  if (!json.is_array()) throw malformed("must be a list");
  MetricTable table;
  std::set<std::pair<std::string, std::optional<double>>> known;
  for (const Json& row : json) {
    try {
      Metric metric;
      metric.id = row.at("id").get<std::string>();
      if (!valid_id(metric.id)) throw malformed(fmt::format("'{}' is not a metric id", metric.id));
      if (row.contains("point")) metric.point = row.at("point").get<double>();
      metric.unit = row.at("unit").get<std::string>();
      metric.not_run = row.value("not_run", std::string());
      if (row.contains("values")) {
        // A null is a NaN somebody wrote: it stays visible as "not measured".
        for (const Json& value : row.at("values")) {
          metric.values.push_back(value.is_null() ? std::nan("") : value.get<double>());
        }
        const Json seeds = row.value("seeds", Json::array());
        for (const Json& seed : seeds.get_ref<const Json::array_t&>()) {
          metric.seeds.push_back(whole(seed));
        }
        metric.sample_count = whole(row.value("sample_count", Json(0)));
        metric.sampling_sd = row.value("sampling_sd", 0.0);
        if (!is_deviation(metric.sampling_sd)) {
          throw malformed(fmt::format("the sampling noise of {} is no deviation", metric.id));
        }
      }
      if (!known.emplace(metric.id, metric.point).second) {
        throw malformed(fmt::format("{} appears twice", metric.address()));
      }
      table.metrics_.push_back(std::move(metric));
    } catch (const Json::exception& error) {
      throw malformed(error.what());
    }
  }
  return table;
}

}  // namespace ersatz::core
