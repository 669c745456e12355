#include "evaluate/gate.h"

#include "support/test_support.h"

namespace ersatz::evaluate {
namespace {

using core::Card;
using core::Direction;
using core::Expectation;
using core::MetricTable;

Expectation expectation(const char* metric, double value, double tolerance) {
  Expectation expected;
  expected.profile = "reduced";
  expected.metric = metric;
  expected.value = value;
  expected.abs_tol = tolerance;
  return expected;
}

GateReport check(const Expectation& expected, const MetricTable& metrics) {
  Card card;
  card.expected = {expected};
  return check_gates(card, "reduced", metrics);
}

MetricTable measured(double value) {
  MetricTable metrics;
  for (int seed = 1; seed <= 3; ++seed) metrics.add("a.error", 55, seed, value, "%", 10000);
  return metrics;
}

TEST(Gate, PassesInsideAndOnTheEdgeOfTheTolerance) {
  const Expectation expected = expectation("a.error@55", 0.6, 0.4);
  EXPECT_EQ(check(expected, measured(0.7)).worst(), GateStatus::kPass);
  EXPECT_EQ(check(expected, measured(1.0)).worst(), GateStatus::kPass);
  EXPECT_EQ(check(expected, measured(1.01)).worst(), GateStatus::kFail);
  EXPECT_EQ(check(expected, measured(0.19)).worst(), GateStatus::kFail);
}

TEST(Gate, TheWiderToleranceCounts) {
  Expectation expected = expectation("a.error@55", 20, 1);
  expected.rel_tol = 0.1;
  EXPECT_EQ(check(expected, measured(22)).worst(), GateStatus::kPass);
  EXPECT_EQ(check(expected, measured(22.1)).worst(), GateStatus::kFail);
}

TEST(Gate, DriftIsOutsideOursAndInsideThePapers) {
  Expectation expected = expectation("a.error@55", 20, 1);
  expected.paper = 25;
  expected.paper_tol = 3;
  EXPECT_EQ(check(expected, measured(23)).worst(), GateStatus::kDrift);
  EXPECT_EQ(check(expected, measured(23)).exit_code(), core::ExitCode::kOk);
  EXPECT_EQ(check(expected, measured(21.5)).worst(), GateStatus::kFail);
}

TEST(Gate, OneSidedAcceptsBetterAndSaysSo) {
  Expectation expected = expectation("a.error@55", 20, 1);
  expected.direction = Direction::kLowerIsBetter;
  const GateReport better = check(expected, measured(3));
  EXPECT_EQ(better.worst(), GateStatus::kPass);
  EXPECT_NE(better.rows[0].words.find("better than expected"), std::string::npos);
  EXPECT_EQ(check(expected, measured(21.5)).worst(), GateStatus::kFail);
  expected.direction = Direction::kHigherIsBetter;
  EXPECT_EQ(check(expected, measured(3)).worst(), GateStatus::kFail);
  EXPECT_EQ(check(expected, measured(90)).worst(), GateStatus::kPass);
}

TEST(Gate, WhatWasNotMeasuredNeverPasses) {
  const Expectation expected = expectation("a.error@55", 20, 1e9);
  GateReport report = check(expected, MetricTable());
  EXPECT_EQ(report.worst(), GateStatus::kUnmeasured);
  EXPECT_EQ(report.exit_code(), core::ExitCode::kGateFailed);

  MetricTable not_run;
  not_run.not_run("a.error", 55, "%", "no time");
  report = check(expected, not_run);
  EXPECT_EQ(report.worst(), GateStatus::kUnmeasured);
  EXPECT_NE(report.rows[0].words.find("not run (no time)"), std::string::npos);

  const MetricTable nan = MetricTable::from_json(
      core::Json::parse(R"([{"id":"a.error","point":55,"unit":"%","values":[20,null]}])"));
  report = check(expected, nan);
  EXPECT_EQ(report.worst(), GateStatus::kUnmeasured);
  EXPECT_EQ(report.exit_code(), core::ExitCode::kGateFailed);
  EXPECT_NE(report.rows[0].words.find("not finite"), std::string::npos);
}

TEST(Gate, InfosNeverFail) {
  Expectation expected = expectation("a.error@55", 20, 1);
  expected.gates = false;
  const GateReport report = check(expected, measured(90));
  EXPECT_EQ(report.rows[0].status, GateStatus::kFail);
  EXPECT_EQ(report.worst(), GateStatus::kPass);
  EXPECT_EQ(report.exit_code(), core::ExitCode::kOk);
}

TEST(Gate, OnlyTheProfilesOwn) {
  Card card;
  card.expected = {expectation("a.error@55", 20, 1)};
  EXPECT_TRUE(check_gates(card, "mini", measured(20)).rows.empty());
  EXPECT_EQ(check_gates(card, "mini", measured(20)).text(), "profile mini has no gates\n");
}

TEST(Gate, TextIsGolden) {
  Card card;
  card.expected = {expectation("a.error@55", 20, 1), expectation("b.error", 3, 1),
                   expectation("a.error@55", 30, 1)};
  card.expected[0].seeds = 5;
  card.expected[2].gates = false;
  EXPECT_EQ(check_gates(card, "reduced", measured(20.5)).text(),
            "PASS        a.error@55  20.5 [19.71, 21.29] %; expected 20 ± 1; 3 of 5 seeds\n"
            "UNMEASURED  b.error     not in the results; expected 3 ± 1\n"
            "FAIL        a.error@55  20.5 [19.71, 21.29] %; expected 30 ± 1  (info)\n"
            "UNMEASURED: 1 pass, 0 drift, 0 fail, 1 unmeasured\n");
}

TEST(Gate, Json) {
  const core::Json json = to_json(check(expectation("a.error@55", 20, 1), measured(20)));
  EXPECT_EQ(json["worst"], "PASS");
  EXPECT_EQ(json["rows"][0]["measured"]["mean"], 20);
}

}  // namespace
}  // namespace ersatz::evaluate
