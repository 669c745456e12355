#include "evaluate/gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ersatz::evaluate {
namespace {

using core::Direction;
using core::Expectation;
using core::Metric;

bool inside(double measured, double value, double tolerance, Direction direction) {
  // A tolerance of 0.4 around 0.6 must accept 1.0 although 1.0 - 0.6 > 0.4 in binary.
  const double slack = tolerance + 1e-12 * std::max({1.0, std::abs(measured), std::abs(value)});
  const double excess = measured - value;
  if (direction == Direction::kLowerIsBetter) return excess <= slack;
  if (direction == Direction::kHigherIsBetter) return excess >= -slack;
  return std::abs(excess) <= slack;
}

std::string unit_suffix(const std::string& unit) { return unit.empty() ? "" : " " + unit; }

GateRow check(const Expectation& expected, const Metric* metric) {
  GateRow row;
  row.expected = expected;
  const std::string wanted =
      fmt::format("expected {:g} ± {:g}", expected.value, expected.tolerance());
  if (metric == nullptr) {
    row.words = "not in the results; " + wanted;
    return row;
  }
  row.unit = metric->unit;
  row.measured = summarise(metric);
  if (!row.measured) {
    if (!metric->values.empty())
      row.words = "not finite; " + wanted;
    else
      row.words = fmt::format("not run ({}); {}", metric->not_run, wanted);
    return row;
  }
  const Summary& got = *row.measured;
  if (inside(got.mean, expected.value, expected.tolerance(), expected.direction)) {
    row.status = GateStatus::kPass;
  } else if (expected.paper &&
             inside(got.mean, *expected.paper, *expected.paper_tol, expected.direction)) {
    row.status = GateStatus::kDrift;
  } else {
    row.status = GateStatus::kFail;
  }
  row.words = fmt::format("{:.4g}", got.mean);
  if (got.interval) {
    row.words += fmt::format(" [{:.4g}, {:.4g}]", got.interval->low, got.interval->high);
  }
  row.words += fmt::format("{}; {}", unit_suffix(row.unit), wanted);
  if (expected.paper) {
    row.words += fmt::format(", paper {:g} ± {:g}", *expected.paper, *expected.paper_tol);
  }
  if (row.status == GateStatus::kPass &&
      !inside(got.mean, expected.value, expected.tolerance(), Direction::kTwoSided)) {
    row.words += "; better than expected";
  }
  if (got.n < static_cast<std::size_t>(expected.seeds)) {
    row.words += fmt::format("; {} of {} seeds", got.n, expected.seeds);
  }
  return row;
}

}  // namespace

const char* to_string(GateStatus status) {
  switch (status) {
    case GateStatus::kPass:
      return "PASS";
    case GateStatus::kDrift:
      return "DRIFT";
    case GateStatus::kFail:
      return "FAIL";
    case GateStatus::kUnmeasured:
      return "UNMEASURED";
  }
  return "";
}

GateStatus GateReport::worst() const {
  GateStatus worst = GateStatus::kPass;
  for (const GateRow& row : rows) {
    if (row.expected.gates) worst = std::max(worst, row.status);
  }
  return worst;
}

core::ExitCode GateReport::exit_code() const {
  return worst() >= GateStatus::kFail ? core::ExitCode::kGateFailed : core::ExitCode::kOk;
}

std::string GateReport::text() const {
  if (rows.empty()) return fmt::format("profile {} has no gates\n", profile);
  std::size_t width = 0;
  for (const GateRow& row : rows) width = std::max(width, row.expected.metric.size());
  std::string text;
  std::size_t counts[4] = {};
  for (const GateRow& row : rows) {
    text += fmt::format("{:<10}  {:<{}}  {}{}\n", to_string(row.status), row.expected.metric, width,
                        row.words, row.expected.gates ? "" : "  (info)");
    if (row.expected.gates) ++counts[static_cast<std::size_t>(row.status)];
  }
  text += fmt::format("{}: {} pass, {} drift, {} fail, {} unmeasured\n", to_string(worst()),
                      counts[0], counts[1], counts[2], counts[3]);
  return text;
}

GateReport check_gates(const core::Card& card, std::string_view profile,
                       const core::MetricTable& metrics) {
  GateReport report;
  report.profile = profile;
  for (const Expectation& expected : card.expected) {
    if (expected.profile != profile) continue;
    report.rows.push_back(check(expected, metrics.find_address(expected.metric)));
  }
  return report;
}

core::Json to_json(const GateReport& report) {
  core::Json rows = core::Json::array();
  for (const GateRow& row : report.rows) {
    core::Json item = {{"metric", row.expected.metric},
                       {"status", to_string(row.status)},
                       {"kind", row.expected.gates ? "gate" : "info"},
                       {"expected", row.expected.value},
                       {"tolerance", row.expected.tolerance()},
                       {"words", row.words}};
    if (row.expected.paper) {
      item["paper"] = *row.expected.paper;
      item["paper_tolerance"] = *row.expected.paper_tol;
    }
    if (row.measured) item["measured"] = to_json(*row.measured);
    rows.push_back(std::move(item));
  }
  return {{"profile", report.profile}, {"worst", to_string(report.worst())}, {"rows", rows}};
}

}  // namespace ersatz::evaluate
