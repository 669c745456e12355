#include "core/suggest.h"

#include <gtest/gtest.h>

namespace ersatz::core {
namespace {

TEST(Suggest, EditDistance) {
  EXPECT_EQ(edit_distance("", "abc"), 3);
  EXPECT_EQ(edit_distance("mini", "mini"), 0);
  EXPECT_EQ(edit_distance("mnii", "mini"), 1);  // neighbours swapped
  EXPECT_EQ(edit_distance("Mini", "mini"), 0);  // case folded
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3);
}

TEST(Suggest, NearestNameOrNothing) {
  const std::vector<std::string> known = {"classifier.steps", "classifier.learning_rate", "seed"};
  EXPECT_EQ(nearest_name("clasifier.steps", known), "classifier.steps");
  EXPECT_EQ(nearest_name("learningrate", known), "classifier.learning_rate");
  EXPECT_EQ(nearest_name("zebra", known), "");
  // Names that no one types are not compared: that would take their product in time.
  const std::string a(1'000'000, 'a');
  EXPECT_EQ(nearest_name(a + "b", {a, a + "c"}), "");
  EXPECT_EQ(nearest_name("mnii", {a, "mini"}), "mini");
}

TEST(Suggest, UnknownNamesAreAnsweredWithTheNearestOrAll) {
  const std::vector<std::string> known = {"white", "grabcut"};
  const Error near = unknown_name("method", "grabcat", known);
  EXPECT_EQ(near.code(), ExitCode::kUsage);
  EXPECT_STREQ(near.what(), "unknown method 'grabcat'");
  EXPECT_EQ(near.hint(), "did you mean 'grabcut'?");
  const Error far = unknown_name("method", "background", known);
  EXPECT_EQ(far.code(), ExitCode::kUsage);
  EXPECT_STREQ(far.what(), "unknown method 'background'");
  EXPECT_EQ(far.hint(), "one of: white, grabcut");
  EXPECT_EQ(unknown_name("method", "background", {}).hint(), "");
}

TEST(Suggest, OfManyNamesTheFirstAreListed) {
  const std::vector<std::string> known(100, "twelve-bytes");
  const std::string hint = unknown_name("class", "zebra", known).hint();
  EXPECT_EQ(hint.rfind("one of: twelve-bytes, twelve-bytes, ", 0), 0u);
  EXPECT_EQ(hint.substr(hint.size() - 5), ", ...");
  EXPECT_LT(hint.size(), 410u);
  // A name that fills the list by itself is not shown.
  EXPECT_EQ(unknown_name("class", "zebra", {std::string(1000, 'a')}).hint(), "");
}

}  // namespace
}  // namespace ersatz::core
