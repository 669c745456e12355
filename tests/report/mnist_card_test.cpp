// The card of the mnist experiment: sound, and consistent with the paper's own numbers.
#include <map>

#include "core/card.h"
#include "core/card_validation.h"
#include "core/project.h"
#include "evaluate/claim.h"
#include "report/figure.h"
#include "support/test_support.h"

namespace ersatz::report {
namespace {

core::Card mnist_card() { return core::load_card(core::Project::get().experiment("mnist")); }

TEST(MnistCard, IsSound) {
  const core::Project& project = core::Project::get();
  for (const std::string& problem :
       core::validate_card(mnist_card(), project.experiment("mnist"), project.manifests())) {
    ADD_FAILURE() << problem;
  }
}

TEST(MnistCard, HasBothEvaluationsOfAllFiveSets) {
  const core::Card card = mnist_card();
  for (const char* evaluation : {"as_published", "corrected"}) {
    for (const char* set : {"font", "gan", "original", "original_gan", "original_font"}) {
      const auto* series = card.find_published(std::string(evaluation) + "." + set + ".error");
      ASSERT_NE(series, nullptr) << evaluation << " " << set;
      EXPECT_EQ(series->x.size(), 13U);
      EXPECT_EQ(series->x.front(), 55);
      EXPECT_EQ(series->x.back(), 49500);
    }
  }
}

// The proof of README.md: up to N = 3,080 the published errors of "original" are what the corrected
// ones become when a tenth of the GAN digits, read at chance level, is mixed into the test set.
TEST(MnistCard, PublishedErrorsAreThoseOfAMixedTestSet) {
  const core::Card card = mnist_card();
  const auto* mixed = card.find_published("as_published.original.error");
  const auto* clean = card.find_published("corrected.original.error");
  for (std::size_t i = 0; i < 8; ++i) {
    const double gan_images = 0.09 * (55000 - clean->x[i]);
    const double on_gan = (mixed->y[i] * (10000 + gan_images) - clean->y[i] * 10000) / gan_images;
    EXPECT_NEAR(on_gan, 90, 1.2) << "N = " << clean->x[i];
  }
}

TEST(MnistCard, ThePapersOwnNumbersGiveTheExpectedVerdicts) {
  const core::Card card = mnist_card();
  const core::MetricTable published = evaluate::published_metrics(card);
  std::size_t judged = 0;
  for (const evaluate::Verdict& verdict : evaluate::evaluate_claims(card, published)) {
    if (verdict.claim.rfind("gan_loses", 0) == 0 || verdict.claim.rfind("gan_keeps", 0) == 0) {
      EXPECT_EQ(verdict.status, evaluate::VerdictStatus::kNotRun) << "no published numbers";
      continue;
    }
    ++judged;
    ASSERT_TRUE(verdict.as_expected()) << verdict.claim << ": " << verdict.reason;
    EXPECT_TRUE(*verdict.as_expected())
        << verdict.claim << ": " << verdict.effect_words << "; " << verdict.reason;
  }
  EXPECT_EQ(judged, card.claims.size() - 2);
}

TEST(MnistCard, FiguresCanBeBuilt) {
  const core::Card card = mnist_card();
  for (const core::FigureSpec& spec : card.figures) {
    EXPECT_FALSE(build_figure(spec, card, {}).curves.empty());
  }
}

}  // namespace
}  // namespace ersatz::report
