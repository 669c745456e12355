#include "report/verdict_table.h"

#include "evaluate/claim.h"
#include "report/report_fixture.h"
#include "support/test_support.h"

namespace ersatz::report {
namespace {

std::vector<evaluate::Verdict> verdicts() {
  core::Card card = test::small_card();
  card.claims.push_back(card.claims[0]);
  card.claims[1].left = "nowhere.error";
  card.claims.push_back(card.claims[0]);
  card.claims[2].kind = core::ClaimKind::kLess;
  card.claims[2].statement = "The GAN | helps.";
  return evaluate::evaluate_claims(card, test::small_metrics());
}

TEST(VerdictText, IsGolden) {
  EXPECT_EQ(verdict_text(verdicts(), 72),
            "reproduced      The GAN does not help.\n"
            "                8.5 points higher at 385 (95 % interval 7.65 to 9.35),\n"
            "                the least favourable of 2 points; holds at 2 of 2\n"
            "                points; not run at 5500 (gan.error@5500 was not run: no\n"
            "                GAN at this N); few seeds: only test-set noise is known\n"
            "not run         The GAN does not help.\n"
            "                only 0 of 3 points measured; not run at 55, 385, 5500\n"
            "                (nowhere.error@55 is not in the results;\n"
            "                nowhere.error@385 is not in the results; and 1 more)\n"
            "not reproduced  The GAN | helps.\n"
            "                48 points higher at 55 (95 % interval 46.4 to 49.6), the\n"
            "                least favourable of 2 points; holds at 0 of 2 points;\n"
            "                fails at 55, 385; not run at 5500 (gan.error@5500 was\n"
            "                not run: no GAN at this N); few seeds: only test-set\n"
            "                noise is known (expected to hold)\n"
            "1 reproduced, 1 not reproduced, 0 inconclusive, 1 not run\n");
}

TEST(VerdictMarkdown, EscapesAndMarksSurprises) {
  const std::string text = verdict_markdown(verdicts());
  EXPECT_NE(text.find("| The GAN \\| helps."), std::string::npos) << text;
  EXPECT_NE(text.find("**not reproduced** (expected to hold)"), std::string::npos) << text;
}

TEST(GateMarkdown, IsEmptyWithoutGates) { EXPECT_EQ(gate_markdown({}), ""); }

}  // namespace
}  // namespace ersatz::report
