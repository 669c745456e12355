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

}  // namespace
}  // namespace ersatz::core
