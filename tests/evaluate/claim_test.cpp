#include "evaluate/claim.h"

#include <cmath>

#include "support/test_support.h"

namespace ersatz::evaluate {
namespace {

using core::Claim;
using core::ClaimKind;
using core::MetricTable;
using core::Quantifier;

// Three seeds around `center`, `spread` apart, as a proportion of 100,000 items.
void add(MetricTable& table, const char* id, std::optional<double> point, double center,
         double spread = 0.05) {
  for (int seed = 1; seed <= 3; ++seed) {
    table.add(id, point, seed, center + (seed - 2) * spread, "%", 100000);
  }
}

Claim comparison(ClaimKind kind, std::vector<double> at = {}) {
  Claim claim;
  claim.id = "c";
  claim.kind = kind;
  claim.left = "left.error";
  claim.right = "right.error";
  claim.at = std::move(at);
  return claim;
}

TEST(LessClaim, OneComparison) {
  MetricTable table;
  add(table, "left.error", std::nullopt, 5);
  add(table, "right.error", std::nullopt, 8);
  const Verdict less = evaluate_claim(comparison(ClaimKind::kLess), table);
  EXPECT_EQ(less.status, VerdictStatus::kReproduced);
  EXPECT_NEAR(*less.effect, -3, 1e-9);
  EXPECT_EQ(less.effect_unit, "points");
  EXPECT_LT(less.interval->high, 0);
  EXPECT_EQ(less.effect_words.substr(0, 14), "3 points lower") << less.effect_words;
  EXPECT_EQ(evaluate_claim(comparison(ClaimKind::kGreater), table).status,
            VerdictStatus::kNotReproduced);
}

TEST(LessClaim, AMarginMustBeExceeded) {
  MetricTable table;
  add(table, "left.error", std::nullopt, 5);
  add(table, "right.error", std::nullopt, 8);
  Claim claim = comparison(ClaimKind::kLess);
  EXPECT_EQ(evaluate_claim(claim, table).effect_words.find("asked"), std::string::npos);
  claim.margin = 4;
  const Verdict fails = evaluate_claim(claim, table);
  EXPECT_EQ(fails.status, VerdictStatus::kNotReproduced);
  EXPECT_NE(fails.effect_words.find("; asked: more than 4 points lower"), std::string::npos)
      << fails.effect_words;
  claim.margin = 3;
  EXPECT_EQ(evaluate_claim(claim, table).status, VerdictStatus::kInconclusive);
  claim.kind = ClaimKind::kGreater;
  EXPECT_NE(evaluate_claim(claim, table).effect_words.find("; asked: more than 3 points higher"),
            std::string::npos);
}

TEST(LessClaim, NoiseMakesItInconclusive) {
  MetricTable table;
  add(table, "left.error", std::nullopt, 5, 1);
  add(table, "right.error", std::nullopt, 5.2, -1);
  const Verdict verdict = evaluate_claim(comparison(ClaimKind::kLess), table);
  EXPECT_EQ(verdict.status, VerdictStatus::kInconclusive);
  EXPECT_EQ(verdict.reason, "the interval reaches to both sides");
}

TEST(LessClaim, AddressesNamePoints) {
  MetricTable table;
  add(table, "left.error", 55, 5);
  add(table, "right.error", 385, 8);
  Claim claim = comparison(ClaimKind::kLess);
  claim.left = "left.error@55";
  claim.right = "right.error@385";
  EXPECT_EQ(evaluate_claim(claim, table).status, VerdictStatus::kReproduced);
}

// Left wins at 1 and 2, loses at 3.
MetricTable two_wins() {
  MetricTable table;
  for (const double point : {1.0, 2.0, 3.0}) add(table, "right.error", point, 8);
  add(table, "left.error", 1, 5);
  add(table, "left.error", 2, 6);
  add(table, "left.error", 3, 9);
  return table;
}

TEST(SweepClaim, QuantifiersDiffer) {
  const MetricTable table = two_wins();
  Claim claim = comparison(ClaimKind::kLess, {1, 2, 3});
  const Verdict all = evaluate_claim(claim, table);
  EXPECT_EQ(all.status, VerdictStatus::kNotReproduced);
  EXPECT_NEAR(*all.effect, 1, 1e-9) << "the least favourable point decides";
  EXPECT_EQ(all.reason, "holds at 2 of 3 points; fails at 3");
  claim.quantifier = Quantifier::kMajority;
  EXPECT_EQ(evaluate_claim(claim, table).status, VerdictStatus::kReproduced);
  claim.quantifier = Quantifier::kAny;
  EXPECT_NEAR(*evaluate_claim(claim, table).effect, -3, 1e-9);
  EXPECT_EQ(evaluate_claim(claim, table).status, VerdictStatus::kReproduced);
  claim.kind = ClaimKind::kGreater;
  EXPECT_EQ(evaluate_claim(claim, table).status, VerdictStatus::kReproduced);
  claim.quantifier = Quantifier::kMajority;
  EXPECT_EQ(evaluate_claim(claim, table).status, VerdictStatus::kNotReproduced);
  claim.margin = 2;
  claim.quantifier = Quantifier::kAny;
  EXPECT_EQ(evaluate_claim(claim, table).status, VerdictStatus::kNotReproduced);
}

TEST(SweepClaim, HalfFailingIsNoMajority) {
  MetricTable table = two_wins();
  add(table, "left.error", 4, 9);
  add(table, "right.error", 4, 8);
  Claim claim = comparison(ClaimKind::kLess, {1, 2, 3, 4});
  claim.quantifier = Quantifier::kMajority;
  EXPECT_EQ(evaluate_claim(claim, table).status, VerdictStatus::kNotReproduced);
}

TEST(SweepClaim, AllPointsIncludesThoseNotRun) {
  MetricTable table = two_wins();
  table.not_run("left.error", 4, "%", "no GAN at this N");
  Claim claim = comparison(ClaimKind::kLess);
  claim.all_points = true;
  claim.quantifier = Quantifier::kMajority;
  const Verdict verdict = evaluate_claim(claim, table);
  EXPECT_EQ(verdict.status, VerdictStatus::kReproduced);
  ASSERT_EQ(verdict.details.size(), 4U);
  EXPECT_EQ(verdict.details[3].outcome, Outcome::kMissing);
  EXPECT_NE(verdict.reason.find("not run at 4 (left.error@4 was not run: no GAN at this N"),
            std::string::npos)
      << verdict.reason;
}

TEST(SweepClaim, LessThanHalfMeasuredIsNotRun) {
  MetricTable table = two_wins();
  const Verdict verdict =
      evaluate_claim(comparison(ClaimKind::kLess, {1, 2, 3, 4, 5, 6, 7}), table);
  EXPECT_EQ(verdict.status, VerdictStatus::kNotRun);
  EXPECT_FALSE(verdict.effect);
  EXPECT_NE(verdict.reason.find("only 3 of 7 points measured"), std::string::npos);
  EXPECT_NE(verdict.reason.find("left.error@4 is not in the results"), std::string::npos);
}

TEST(MissingMetrics, AreNamedAndNeverJudged) {
  MetricTable table;
  add(table, "left.error", std::nullopt, 5);
  Verdict verdict = evaluate_claim(comparison(ClaimKind::kLess), table);
  EXPECT_EQ(verdict.status, VerdictStatus::kNotRun);
  EXPECT_EQ(verdict.reason, "right.error is not in the results");
  EXPECT_FALSE(verdict.as_expected());

  const MetricTable with_nan = MetricTable::from_json(core::Json::parse(
      R"([{"id":"left.error","unit":"%","values":[1,null,2],"seeds":[1,2,3]},
          {"id":"right.error","unit":"%","values":[3,4,5],"seeds":[1,2,3]}])"));
  verdict = evaluate_claim(comparison(ClaimKind::kLess), with_nan);
  EXPECT_EQ(verdict.status, VerdictStatus::kNotRun);
  EXPECT_EQ(verdict.reason, "left.error is not finite");

  Claim all = comparison(ClaimKind::kLess);
  all.all_points = true;
  EXPECT_EQ(evaluate_claim(all, MetricTable()).reason,
            "left.error and right.error is not in the results");
}

TEST(FewSeeds, AreFlagged) {
  MetricTable table;
  table.add("left.error", std::nullopt, 1, 5, "%", 10000);
  table.add("right.error", std::nullopt, 1, 8, "%", 10000);
  const Verdict verdict = evaluate_claim(comparison(ClaimKind::kLess), table);
  EXPECT_EQ(verdict.status, VerdictStatus::kReproduced);
  EXPECT_TRUE(verdict.few_seeds());
  EXPECT_NE(verdict.reason.find("few seeds"), std::string::npos);
}

TEST(FewSeeds, WithoutAnyIntervalTheSignDecidesAndIsSaid) {
  MetricTable table;
  table.add("left.error", std::nullopt, 1, 5, "s");
  table.add("right.error", std::nullopt, 1, 8, "s");
  const Verdict verdict = evaluate_claim(comparison(ClaimKind::kLess), table);
  EXPECT_EQ(verdict.status, VerdictStatus::kReproduced);
  EXPECT_FALSE(verdict.interval);
  EXPECT_NE(verdict.reason.find("without an interval"), std::string::npos);
}

TEST(BetweenClaim, HoldsFailsOrReachesOut) {
  MetricTable table;
  add(table, "font.error", std::nullopt, 12);
  Claim claim;
  claim.kind = ClaimKind::kBetween;
  claim.metric = "font.error";
  claim.low = 10;
  claim.high = 16;
  const Verdict verdict = evaluate_claim(claim, table);
  EXPECT_EQ(verdict.status, VerdictStatus::kReproduced);
  EXPECT_EQ(verdict.effect_unit, "%");
  EXPECT_NE(verdict.effect_words.find("; asked: 10 to 16 %"), std::string::npos)
      << verdict.effect_words;
  claim.high = 12;
  EXPECT_EQ(evaluate_claim(claim, table).status, VerdictStatus::kInconclusive);
  claim.high = 11;
  EXPECT_EQ(evaluate_claim(claim, table).status, VerdictStatus::kNotReproduced);
  claim.low.reset();
  claim.high = 50;
  EXPECT_EQ(evaluate_claim(claim, table).status, VerdictStatus::kReproduced);
  EXPECT_NE(evaluate_claim(claim, table).effect_words.find("; asked: at most 50 %"),
            std::string::npos);
  claim.low = 60;
  claim.high.reset();
  const Verdict below = evaluate_claim(claim, table);
  EXPECT_EQ(below.status, VerdictStatus::kNotReproduced);
  EXPECT_NE(below.effect_words.find("; asked: at least 60 %"), std::string::npos);
}

Claim trend(bool rising, std::vector<double> at = {1, 2, 3}) {
  Claim claim;
  claim.kind = ClaimKind::kTrend;
  claim.metric = "font.error";
  claim.rising = rising;
  claim.at = std::move(at);
  return claim;
}

TEST(TrendClaim, NeedsTheEndsAndTheOrder) {
  MetricTable table;
  add(table, "font.error", 1, 16);
  add(table, "font.error", 2, 13);
  add(table, "font.error", 3, 10);
  const Verdict falls = evaluate_claim(trend(false), table);
  EXPECT_EQ(falls.status, VerdictStatus::kReproduced);
  EXPECT_NEAR(*falls.effect, -6, 1e-9);
  EXPECT_EQ(falls.effect_words.substr(0, 30), "6 points lower at 3 than at 1 ")
      << falls.effect_words;
  EXPECT_EQ(evaluate_claim(trend(true), table).status, VerdictStatus::kNotReproduced);
  Claim steep = trend(false);
  steep.margin = 5;
  EXPECT_NE(evaluate_claim(steep, table).effect_words.find("; asked: more than 5 points lower"),
            std::string::npos);
}

TEST(TrendClaim, AZigZagIsInconclusive) {
  // The last is below the first, but the order says little: rank correlation -0.4.
  MetricTable table;
  add(table, "font.error", 1, 15);
  add(table, "font.error", 2, 12);
  add(table, "font.error", 3, 16);
  add(table, "font.error", 4, 13);
  EXPECT_EQ(evaluate_claim(trend(false, {1, 2, 3, 4}), table).status,
            VerdictStatus::kNotReproduced);  // rank correlation 0
  add(table, "font.error", 5, 12.5);
  EXPECT_EQ(evaluate_claim(trend(false, {1, 2, 3, 4, 5}), table).status,
            VerdictStatus::kInconclusive);
}

TEST(TrendClaim, NeedsThreePoints) {
  MetricTable table;
  add(table, "font.error", 1, 16);
  add(table, "font.error", 3, 10);
  EXPECT_EQ(evaluate_claim(trend(false), table).status, VerdictStatus::kNotRun);
}

TEST(CrossoverClaim, BetterFromAPointOnAndNotBelow) {
  MetricTable table;
  for (const double point : {1.0, 2.0, 3.0, 4.0}) add(table, "right.error", point, 8);
  add(table, "left.error", 1, 20);
  add(table, "left.error", 2, 12);
  add(table, "left.error", 3, 6);
  add(table, "left.error", 4, 5);
  Claim claim = comparison(ClaimKind::kCrossover, {1, 2, 3, 4});
  claim.from = 3;
  EXPECT_EQ(evaluate_claim(claim, table).status, VerdictStatus::kReproduced);
  claim.from = 2;
  const Verdict too_early = evaluate_claim(claim, table);
  EXPECT_EQ(too_early.status, VerdictStatus::kNotReproduced);
  EXPECT_EQ(too_early.reason, "holds at 3 of 4 points; fails at 2");
  claim.from = 4;  // left already wins at 3
  EXPECT_EQ(evaluate_claim(claim, table).status, VerdictStatus::kNotReproduced);
  claim.from = 3;
  claim.better_from = false;  // left better below 3 only: the reverse
  EXPECT_EQ(evaluate_claim(claim, table).status, VerdictStatus::kNotReproduced);
  claim.lower_is_better = false;
  EXPECT_EQ(evaluate_claim(claim, table).status, VerdictStatus::kReproduced);
}

TEST(CrossoverClaim, AMarginMakesEqualCountAsNotBetter) {
  MetricTable table;
  for (const double point : {1.0, 2.0}) add(table, "right.error", point, 8);
  add(table, "left.error", 1, 6);
  add(table, "left.error", 2, 8);
  Claim claim = comparison(ClaimKind::kCrossover, {1, 2});
  claim.from = 2;
  claim.better_from = false;
  EXPECT_EQ(evaluate_claim(claim, table).status, VerdictStatus::kInconclusive);
  claim.margin = 1;
  EXPECT_EQ(evaluate_claim(claim, table).status, VerdictStatus::kReproduced);
}

TEST(CrossoverClaim, NeedsBothSides) {
  MetricTable table;
  for (const double point : {3.0, 4.0}) {
    add(table, "right.error", point, 8);
    add(table, "left.error", point, 5);
  }
  Claim claim = comparison(ClaimKind::kCrossover, {1, 2, 3, 4});
  claim.from = 3;
  EXPECT_EQ(evaluate_claim(claim, table).status, VerdictStatus::kNotRun);
}

TEST(VerdictJson, HasEverything) {
  const core::Json json =
      to_json(evaluate_claim(comparison(ClaimKind::kLess, {1, 2, 3}), two_wins()));
  EXPECT_EQ(json["status"], "not reproduced");
  EXPECT_EQ(json["effect"]["unit"], "points");
  EXPECT_EQ(json["points"].size(), 3U);
  EXPECT_EQ(json["points"][2]["outcome"], "fails");
}

TEST(PublishedMetrics, AreOneValueEach) {
  core::Card card;
  core::PublishedSeries series;
  series.id = "a.error";
  series.unit = "%";
  series.x = {55, 385};
  series.y = {3, 2};
  card.published.push_back(series);
  series.id = "b.value";
  series.x.clear();
  series.y = {7};
  card.published.push_back(series);
  const MetricTable table = published_metrics(card);
  EXPECT_EQ(table.find("a.error", 385)->values, std::vector<double>{2});
  EXPECT_EQ(table.find("b.value")->values, std::vector<double>{7});
}

}  // namespace
}  // namespace ersatz::evaluate
