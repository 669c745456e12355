#include "data/scenes/scene_captions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "data/scenes/scene_vocabulary.h"
#include "support/test_support.h"

namespace ersatz::data {
namespace {

bool has_word(const std::string& text, const std::string& word) {
  const std::string padded = " " + text + " ";
  for (std::size_t at = padded.find(word); at != std::string::npos;
       at = padded.find(word, at + 1)) {
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; };
    if (!is_letter(padded[at - 1]) && !is_letter(padded[at + word.size()])) return true;
  }
  return false;
}

TEST(SceneCaptions, FruitHasThePatternOfTheExperiment) {
  const std::vector<std::string> captions = scene_captions(
      SceneKind::kFruit,
      {{"fruit", "orange"}, {"count", "three"}, {"surface", "wooden table"}, {"view", "top"}});
  EXPECT_NE(std::find(captions.begin(), captions.end(),
                      "a photo of whole oranges on the table. top view"),
            captions.end());
  // Not where there is no table.
  for (const std::string& caption : scene_captions(
           SceneKind::kFruit,
           {{"fruit", "peach"}, {"count", "one"}, {"surface", "basket"}, {"view", "side"}})) {
    EXPECT_EQ(caption.find("table"), std::string::npos) << caption;
    EXPECT_EQ(caption.find("peaches"), std::string::npos) << caption;
  }
}

TEST(SceneCaptions, CarsFollowTheOrderOfThePlaceholders) {
  const std::vector<std::string> captions =
      scene_captions(SceneKind::kCar, {{"vehicle", "suv"},
                                       {"colour", "red"},
                                       {"view", "rear"},
                                       {"place", "city"},
                                       {"time", "sunset"},
                                       {"sky", "clear"},
                                       {"weather", "snowing"}});
  const std::string& full = captions.front();
  std::size_t last = 0;
  for (const char* word : {"rear view", "red suv", "city", "clear sky", "snowing", "sunset"}) {
    const std::size_t at = full.find(word);
    ASSERT_NE(at, std::string::npos) << word << " in " << full;
    EXPECT_GE(at, last) << full;
    last = at;
  }
}

TEST(SceneCaptions, FogHidesTheSky) {
  for (const char* weather : {"foggy", "foggy smoke"}) {
    for (const std::string& caption : scene_captions(SceneKind::kCar, {{"vehicle", "bus"},
                                                                       {"colour", "blue"},
                                                                       {"view", "side"},
                                                                       {"place", "rural road"},
                                                                       {"time", "day"},
                                                                       {"sky", "cloudy"},
                                                                       {"weather", weather}})) {
      EXPECT_EQ(caption.find("sky"), std::string::npos) << caption;
      EXPECT_EQ(caption.find("cloud"), std::string::npos) << caption;
    }
  }
}

// A caption never names a value that the scene does not have. Values that are part of another value
// of the scene ("table" of "wooden table") are no contradiction.
TEST(SceneCaptions, NameOnlyWhatTheSceneHas) {
  for (const SceneKind kind : scene_kinds()) {
    for (int index = 0; index < 60; ++index) {
      SceneRequest request;
      request.kind = kind;
      request.domain = index % 2;
      const SceneAttributes attributes = choose_attributes(request, 5, index);
      for (const std::string& caption : scene_captions(kind, attributes)) {
        for (const SceneAttribute& attribute : scene_vocabulary(kind)) {
          for (const AttributeValue& value : attribute.values) {
            bool own = false;
            for (const auto& [name, held] : attributes) own = own || has_word(held, value.name);
            // "a photo of a car" is said of no other vehicle, "day" is a word of every caption.
            if (own || !has_word(caption, value.name)) continue;
            if (attribute.name == "vehicle" || attribute.name == "fruit" ||
                attribute.name == "garment" || attribute.name == "colour" ||
                attribute.name == "count" || attribute.name == "view" || attribute.name == "time" ||
                attribute.name == "weather") {
              ADD_FAILURE() << '"' << caption << "\" names " << value.name;
            }
          }
        }
      }
    }
  }
}

// Captions train a small text encoder: every kind can be told apart, and the words stay few.
TEST(SceneCaptions, HaveASmallVocabularyAndSeveralPhrasings) {
  std::set<std::string> words;
  for (const SceneKind kind : scene_kinds()) {
    for (int index = 0; index < 400; ++index) {
      SceneRequest request;
      request.kind = kind;
      request.domain = 0.5;
      const auto captions = scene_captions(kind, choose_attributes(request, 6, index));
      const std::set<std::string> distinct(captions.begin(), captions.end());
      EXPECT_GE(distinct.size(), 3U);
      for (const std::string& caption : captions) {
        EXPECT_LE(caption.size(), 160U) << caption;
        std::istringstream text(caption);
        for (std::string word; text >> word;) words.insert(word);
      }
    }
  }
  EXPECT_GT(words.size(), 80U);
  EXPECT_LT(words.size(), 260U);
}

TEST(SceneCaptions, MissingAttributesAreRefused) {
  EXPECT_ERSATZ_ERROR(scene_captions(SceneKind::kFruit, {{"fruit", "kiwi"}}),
                      core::ExitCode::kUsage, "count");
}

TEST(CaptionedScenes, FollowTheWeightsAndLeaveKindsOut) {
  CaptionedScenes mixture;
  mixture.weights = {{SceneKind::kFruit, 3}, {SceneKind::kGarment, 1}, {SceneKind::kGrandPiano, 0}};
  mixture.width = mixture.height = 32;
  mixture.fixed = {{SceneKind::kFruit, {{"fruit", "kiwi"}}}};
  const CaptionedImages images = captioned_scenes(mixture);
  int fruit = 0;
  constexpr int kCount = 200;
  for (int i = 0; i < kCount; ++i) {
    const CaptionedImage one = images(i);
    EXPECT_EQ(one.image.width, 32);
    EXPECT_EQ(one.caption.find("piano"), std::string::npos);
    fruit += one.caption.find("kiwi") != std::string::npos ? 1 : 0;
  }
  EXPECT_NEAR(fruit, 150, 5 * 6.2);  // 5 sd of a binomial
  const CaptionLists captions = captions_of_scenes(mixture);
  for (const std::int64_t index : {0, 17, 40}) {
    const CaptionedImage drawn = images(index);
    std::vector<std::string> expected = drawn.paraphrases;
    expected.insert(expected.begin(), drawn.caption);
    EXPECT_EQ(captions(index), expected) << index;
  }
  EXPECT_EQ(images(17).image.pixels, captioned_scenes(mixture)(17).image.pixels);
}

TEST(CaptionedScenes, ImpossibleMixturesAreRefused) {
  CaptionedScenes mixture;
  mixture.weights = {{SceneKind::kFruit, 0}};
  EXPECT_ERSATZ_ERROR(captioned_scenes(mixture), core::ExitCode::kUsage, "weight");
  mixture.weights = {{SceneKind::kFruit, -1}, {SceneKind::kCar, 2}};
  EXPECT_ERSATZ_ERROR(captioned_scenes(mixture), core::ExitCode::kUsage, "-1 of fruit");
}

}  // namespace
}  // namespace ersatz::data
