// What index.html says of claims that need not hold everywhere, of plots without data, and of
// results that an earlier version of the card made.
#include <gmock/gmock.h>

#include "report/html/claim_table.h"
#include "report/html/index_page.h"
#include "report/report_fixture.h"
#include "support/test_support.h"

namespace ersatz::report::html {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// "original.error" is below 10 % at 385 and 5,500, not at 55.
core::Card card_with(core::Quantifier quantifier) {
  core::Card card = test::small_card();
  core::Claim& claim = card.claims[0];
  claim.kind = core::ClaimKind::kBetween;
  claim.metric = "original.error";
  claim.high = 10;
  claim.quantifier = quantifier;
  return card;
}

std::vector<ExperimentResults> results(const core::Card& card, const ResultRecord& record) {
  ProfileResults shown;
  shown.record = record;
  shown.interpretation = interpret(card, record);
  ExperimentResults experiment;
  experiment.card = card;
  experiment.profiles = {shown};
  return {experiment};
}

std::string front(core::Quantifier quantifier) {
  return front_table(results(card_with(quantifier), test::small_record()));
}

TEST(FrontTable, SaysAtHowManyPointsAClaimHolds) {
  const std::string majority = front(core::Quantifier::kMajority);
  EXPECT_THAT(majority, HasSubstr("chip holds\">reproduced"));
  EXPECT_THAT(majority, HasSubstr("holds at 2 of 3 points; more than half are enough"));
  EXPECT_THAT(front(core::Quantifier::kAny), HasSubstr("holds at 2 of 3 points; one is enough"));
  EXPECT_THAT(front(core::Quantifier::kAll), Not(HasSubstr("holds at 2 of 3")));
  EXPECT_THAT(index_page(results(card_with(core::Quantifier::kAny), test::small_record())),
              HasSubstr("Some claims ask for less: for one point, or for more than half of them"));
}

TEST(IndexPageText, AFigureWithoutDataIsTextThatSaysWhy) {
  core::Card card = test::small_card();
  for (core::FigureSeries& series : card.figures[0].series) series.published.clear();
  ResultRecord record = test::small_record();
  record.metrics = {};
  record.metrics.not_run("gan.error", 55, "%", "no time for GANs");
  const std::string page = index_page(results(card, record));
  EXPECT_THAT(page,
              HasSubstr("Not drawn: nothing of it was measured (this profile does not compute "
                        "it; no time for GANs)."));
  EXPECT_THAT(page, Not(HasSubstr("curves.svg is missing")));
}

TEST(IndexPageText, ResultsOfAnEarlierCardSaySo) {
  core::Card card = test::small_card();
  constexpr const char* kOlder = "made with version 2 of the card, which is at version 3 now";
  EXPECT_THAT(index_page(results(card, test::small_record())), Not(HasSubstr(kOlder)));
  card.version = 3;
  EXPECT_THAT(index_page(results(card, test::small_record())), HasSubstr(kOlder));
}

TEST(IndexPageText, AnIntervalGoesBelowItsValueAsAWhole) {
  EXPECT_THAT(index_page(results(test::small_card(), test::small_record())),
              HasSubstr("<td>15.00 <span class=\"interval\">(14.31 to 15.71)\u00A0†</span></td>"));
}

}  // namespace
}  // namespace ersatz::report::html
