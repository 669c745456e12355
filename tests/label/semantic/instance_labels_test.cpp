// Objects from what a network says of every pixel, on answers made by hand.
#include "label/semantic/instance_labels.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace ersatz::label {
namespace {

constexpr int kSide = 20;

// Nothing anywhere, then rectangles of a class.
class Answers {
 public:
  Answers() {
    answers.height = answers.width = kSide;
    answers.classes = 2;
    answers.of_classes.assign(3 * kSide * kSide, 0);
    std::fill_n(answers.of_classes.begin(), kSide * kSide, 1.0F);
    answers.interior.assign(kSide * kSide, 0);
  }
  void draw(const data::PixelBox& box, std::size_t class_index, float share) {
    for (int y = box.y; y < box.y + box.height; ++y) {
      for (int x = box.x; x < box.x + box.width; ++x) {
        const auto at = static_cast<std::size_t>(y * kSide + x);
        answers.of_classes[at] = 1 - share;
        answers.of_classes[(class_index + 1) * kSide * kSide + at] = share;
      }
    }
  }
  void inside(const data::PixelBox& box) {
    for (int y = box.y; y < box.y + box.height; ++y) {
      for (int x = box.x; x < box.x + box.width; ++x) {
        answers.interior[static_cast<std::size_t>(y * kSide + x)] = 1;
      }
    }
  }
  std::vector<ObjectLabel> labels() const {
    return instance_labels(answers, {"car", "bus"}, "segmenter/test");
  }
  PixelAnswers answers;
};

TEST(InstanceLabels, PartsAreObjectsWithClassAndScore) {
  Answers answers;
  answers.draw({1, 2, 6, 4}, 0, 0.75F);
  answers.inside({2, 3, 4, 2});
  answers.draw({12, 10, 5, 5}, 1, 1);
  const std::vector<ObjectLabel> labels = answers.labels();
  ASSERT_EQ(labels.size(), 2U);
  EXPECT_EQ(labels[0].class_index, 1);  // the surer one first, though it has no interior
  EXPECT_DOUBLE_EQ(labels[0].score, 1);
  EXPECT_EQ(labels[0].box.x, 12);
  EXPECT_EQ(labels[0].box.height, 5);
  EXPECT_EQ(labels[0].origin.word, "bus");
  EXPECT_EQ(labels[1].class_index, 0);
  EXPECT_NEAR(labels[1].score, 0.75, 1e-6);
  EXPECT_EQ(data::rle_area(labels[1].mask), 24);
  EXPECT_EQ(labels[1].polygon.size(), 4U);
  EXPECT_EQ(labels[1].origin.method, "segmenter/test");
}

TEST(InstanceLabels, TouchingObjectsAreParted) {
  Answers answers;
  answers.draw({2, 2, 16, 6}, 0, 0.9F);
  EXPECT_EQ(answers.labels().size(), 1U);
  answers.inside({3, 3, 5, 4});
  answers.inside({11, 3, 5, 4});
  const std::vector<ObjectLabel> labels = answers.labels();
  ASSERT_EQ(labels.size(), 2U);
  const auto left = data::rle_area(labels[0].mask), right = data::rle_area(labels[1].mask);
  EXPECT_EQ(left + right, 96);
  // Two columns on the one side and three on the other side of the interiors, the gap divided.
  EXPECT_GE(left, 40);
  EXPECT_GE(right, 40);
}

TEST(InstanceLabels, SpecksAndNothingAreNoObjects) {
  Answers answers;
  EXPECT_TRUE(answers.labels().empty());
  answers.draw({3, 3, 8, 1}, 0, 0.9F);  // a line has no outline
  EXPECT_TRUE(answers.labels().empty());
  answers.answers.interior.pop_back();
  EXPECT_THROW(answers.labels(), core::Error);
}

}  // namespace
}  // namespace ersatz::label
