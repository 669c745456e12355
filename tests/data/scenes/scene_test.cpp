#include "data/scenes/scene.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "data/scenes/scene_captions.h"
#include "data/scenes/scene_vocabulary.h"
#include "support/test_support.h"

namespace ersatz::data {
namespace {

SceneRequest request_of(SceneKind kind, double domain = kWebDomain, int width = 64,
                        int height = 64) {
  SceneRequest request;
  request.kind = kind;
  request.width = width;
  request.height = height;
  request.domain = domain;
  return request;
}

void expect_equal(const Scene& a, const Scene& b) {
  EXPECT_EQ(a.image.pixels, b.image.pixels);
  EXPECT_EQ(a.instances, b.instances);
  EXPECT_EQ(a.attributes, b.attributes);
  EXPECT_EQ(a.caption, b.caption);
  ASSERT_EQ(a.objects.size(), b.objects.size());
  for (std::size_t i = 0; i < a.objects.size(); ++i) {
    EXPECT_EQ(a.objects[i].name, b.objects[i].name);
    EXPECT_EQ(a.objects[i].box, b.objects[i].box);
    EXPECT_EQ(a.objects[i].full_box, b.objects[i].full_box);
    EXPECT_EQ(a.objects[i].visible_pixels, b.objects[i].visible_pixels);
    EXPECT_EQ(a.objects[i].full_pixels, b.objects[i].full_pixels);
  }
}

// The tight box and the count of the pixels with one label.
SceneObject measured(const Scene& scene, std::size_t object) {
  int left = scene.image.width, top = scene.image.height, right = -1, bottom = -1;
  SceneObject found;
  for (int y = 0; y < scene.image.height; ++y) {
    for (int x = 0; x < scene.image.width; ++x) {
      const auto pixel = static_cast<std::size_t>(y * scene.image.width + x);
      if (scene.instances[pixel] != object + 1) continue;
      left = std::min(left, x);
      right = std::max(right, x);
      top = std::min(top, y);
      bottom = std::max(bottom, y);
      ++found.visible_pixels;
    }
  }
  if (right >= 0) found.box = {left, top, right - left + 1, bottom - top + 1};
  return found;
}

bool contains(const PixelBox& outer, const PixelBox& inner) {
  return outer.x <= inner.x && outer.y <= inner.y &&
         outer.x + outer.width >= inner.x + inner.width &&
         outer.y + outer.height >= inner.y + inner.height;
}

class EveryKind : public testing::TestWithParam<SceneKind> {};

std::string kind_name(const testing::TestParamInfo<SceneKind>& kind) {
  std::string name(scene_kind_name(kind.param));
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Scenes, EveryKind, testing::ValuesIn(scene_kinds()), kind_name);

TEST_P(EveryKind, IsTheSameOnEveryThreadAndAgain) {
  const SceneRequest request = request_of(GetParam(), 0.5);
  constexpr int kScenes = 6;
  std::vector<Scene> once, threaded(kScenes);
  for (int i = 0; i < kScenes; ++i) once.push_back(draw_scene(request, 7, i));
  std::vector<std::thread> threads;
  // In reverse order and two per thread: nothing may depend on what was drawn before.
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (const int i : {kScenes - 1 - t, 2 - t}) {
        threaded[static_cast<std::size_t>(i)] = draw_scene(request, 7, i);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < kScenes; ++i) expect_equal(once[i], threaded[i]);
  EXPECT_NE(once[0].image.pixels, once[1].image.pixels);
  EXPECT_NE(draw_scene(request, 8, 0).image.pixels, once[0].image.pixels);
}

TEST_P(EveryKind, BoxesMasksAndCountsAgree) {
  for (const double domain : {kWebDomain, kCameraDomain}) {
    for (int index = 0; index < 12; ++index) {
      const Scene scene = draw_scene(request_of(GetParam(), domain, 80, 64), 3, index);
      SCOPED_TRACE(index);
      std::uint16_t highest = 0;
      for (const auto label : scene.instances) highest = std::max(highest, label);
      ASSERT_LE(highest, scene.objects.size());
      for (std::size_t i = 0; i < scene.objects.size(); ++i) {
        const SceneObject& object = scene.objects[i];
        const SceneObject seen = measured(scene, i);
        ASSERT_GE(object.visible_pixels, 1);
        EXPECT_EQ(object.visible_pixels, seen.visible_pixels);
        EXPECT_EQ(object.box, seen.box);
        EXPECT_TRUE(contains(object.full_box, object.box));
        EXPECT_TRUE(contains({0, 0, 80, 64}, object.full_box));
        EXPECT_GE(object.full_pixels, object.visible_pixels);
        EXPECT_LE(object.full_pixels, std::int64_t{object.full_box.width} * object.full_box.height);
        const GreyImage mask = instance_mask(scene, i);
        EXPECT_EQ(std::count(mask.pixels.begin(), mask.pixels.end(), 255), object.visible_pixels);
      }
    }
  }
}

// An object alone in its picture can be seen whole; only what other things hide is missing.
TEST(Scenes, WhatNothingHidesIsWhole) {
  for (const SceneKind kind : {SceneKind::kCar, SceneKind::kGarment, SceneKind::kGrandPiano}) {
    for (int index = 0; index < 10; ++index) {
      const Scene scene = draw_scene(request_of(kind), 5, index);
      ASSERT_EQ(scene.objects.size(), 1U);
      EXPECT_EQ(scene.objects[0].box, scene.objects[0].full_box) << index;
      EXPECT_EQ(scene.objects[0].visible_pixels, scene.objects[0].full_pixels) << index;
    }
  }
}

TEST(Scenes, LeavesHidePartsOfApples) {
  std::int64_t visible = 0, full = 0, hidden_in_part = 0, apples = 0;
  for (int index = 0; index < 10; ++index) {
    const Scene scene = draw_scene(request_of(SceneKind::kAppleTree, 0, 96, 96), 5, index);
    for (const SceneObject& apple : scene.objects) {
      visible += apple.visible_pixels;
      full += apple.full_pixels;
      hidden_in_part += apple.visible_pixels < apple.full_pixels ? 1 : 0;
      ++apples;
    }
  }
  EXPECT_GT(hidden_in_part, apples / 4);
  EXPECT_GT(visible, full / 2);
  EXPECT_LT(visible, full * 97 / 100);
}

TEST_P(EveryKind, EverySizeWorks) {
  for (const auto& [width, height] : {std::array<int, 2>{32, 32}, {48, 33}, {33, 150}, {512, 40}}) {
    const Scene scene = draw_scene(request_of(GetParam(), 1, width, height), 2, 1);
    EXPECT_EQ(scene.image.width, width);
    EXPECT_EQ(scene.image.height, height);
    EXPECT_EQ(scene.image.pixels.size(), static_cast<std::size_t>(3 * width * height));
    EXPECT_EQ(scene.instances.size(), static_cast<std::size_t>(width * height));
    const bool empty = GetParam() == SceneKind::kBackground || GetParam() == SceneKind::kRoad;
    EXPECT_EQ(scene.objects.empty(), empty) << width << "x" << height;
  }
}

// A picture is neither black nor burnt out nor flat.
TEST_P(EveryKind, IsWellExposed) {
  for (const double domain : {kWebDomain, kCameraDomain}) {
    for (int index = 0; index < 20; ++index) {
      const Scene scene = draw_scene(request_of(GetParam(), domain), 11, index);
      double sum = 0, squares = 0;
      int burnt = 0;
      for (const auto p : scene.image.pixels) {
        sum += p;
        squares += static_cast<double>(p) * p;
        burnt += p == 255 ? 1 : 0;
      }
      const auto pixels = static_cast<double>(scene.image.pixels.size());
      const double mean = sum / pixels, variance = squares / pixels - mean * mean;
      EXPECT_GT(mean, 12) << index << " " << scene.caption;
      EXPECT_LT(mean, 245) << index << " " << scene.caption;
      EXPECT_GT(variance, 4) << index << " " << scene.caption;
      EXPECT_LT(burnt, 0.5 * pixels) << index << " " << scene.caption;
    }
  }
}

TEST_P(EveryKind, EveryValueOfEveryAttributeIsDrawnOnRequest) {
  for (const SceneAttribute& attribute : scene_vocabulary(GetParam())) {
    for (const AttributeValue& value : attribute.values) {
      SceneRequest request = request_of(GetParam(), 0.3, 40, 40);
      request.fixed = {{attribute.name, value.name}};
      const Scene scene = draw_scene(request, 1, 4);
      EXPECT_EQ(scene.attributes.at(attribute.name), value.name);
      EXPECT_EQ(scene.attributes.size(), scene_vocabulary(GetParam()).size());
    }
  }
}

TEST_P(EveryKind, ObjectsHaveTheClassesOfTheKind) {
  const std::vector<std::string> classes = scene_classes(GetParam());
  std::set<std::string> seen;
  for (int index = 0; index < 150; ++index) {
    const Scene scene = draw_scene(request_of(GetParam(), 0, 32, 32), 19, index);
    for (const SceneObject& object : scene.objects) {
      EXPECT_NE(std::find(classes.begin(), classes.end(), object.name), classes.end());
      seen.insert(object.name);
    }
  }
  EXPECT_EQ(seen.size(), classes.size());
}

// A thing that no training sees, because nothing draws it unasked.
TEST(Scenes, LemonsAreDrawnOnRequestOnly) {
  for (const double domain : {kWebDomain, kCameraDomain}) {
    for (int index = 0; index < 300; ++index) {
      EXPECT_NE(
          describe_scene(request_of(SceneKind::kFruit, domain), 29, index).attributes.at("fruit"),
          "lemon");
    }
  }
  EXPECT_EQ(scene_classes(SceneKind::kFruit).size(), 5U);
  SceneRequest request = request_of(SceneKind::kFruit);
  request.fixed = {{"fruit", "lemon"}, {"count", "two"}};
  EXPECT_EQ(scene_classes(request).back(), "lemon");
  const Scene scene = draw_scene(request, 29, 1);
  ASSERT_EQ(scene.objects.size(), 2U);
  EXPECT_EQ(scene.objects[0].name, "lemon");
  EXPECT_NE(scene.caption.find("lemons"), std::string::npos) << scene.caption;
}

TEST(Scenes, FruitCountIsTheNumberOfFruits) {
  const std::array<std::string, 6> numbers = {"one", "two", "three", "four", "five", "six"};
  for (const double domain : {kWebDomain, kCameraDomain}) {
    for (int index = 0; index < 60; ++index) {
      const Scene scene = draw_scene(request_of(SceneKind::kFruit, domain), 23, index);
      ASSERT_LE(scene.objects.size(), numbers.size());
      ASSERT_GE(scene.objects.size(), 1U);
      EXPECT_EQ(scene.attributes.at("count"), numbers[scene.objects.size() - 1]);
      for (const SceneObject& fruit : scene.objects) {
        EXPECT_EQ(fruit.name, scene.attributes.at("fruit"));
        // A fruit that a caption counts can be seen for the larger part.
        EXPECT_GT(fruit.visible_pixels * 2, fruit.full_pixels) << scene.caption;
      }
    }
  }
}

TEST(Scenes, FixingOneAttributeLeavesTheOthers) {
  const SceneRequest free = request_of(SceneKind::kFruit);
  SceneRequest fixed = free;
  fixed.fixed = {{"fruit", "kiwi"}};
  for (int index = 0; index < 20; ++index) {
    SceneAttributes expected = choose_attributes(free, 4, index);
    expected["fruit"] = "kiwi";
    EXPECT_EQ(choose_attributes(fixed, 4, index), expected);
  }
}

TEST(Scenes, MistakesAreNamed) {
  const auto draw = [](const SceneRequest& request, std::int64_t index = 0) {
    return draw_scene(request, 0, index);
  };
  const auto with = [](SceneKind kind, const SceneAttributes& fixed) {
    SceneRequest request = request_of(kind);
    request.fixed = fixed;
    return request;
  };
  EXPECT_ERSATZ_ERROR(draw(request_of(SceneKind::kFruit, 0, 31, 64)), core::ExitCode::kUsage,
                      "31x64");
  EXPECT_ERSATZ_ERROR(draw(request_of(SceneKind::kFruit, 0, 64, 513)), core::ExitCode::kUsage,
                      "64x513");
  EXPECT_ERSATZ_ERROR(draw(request_of(SceneKind::kFruit, 1.5)), core::ExitCode::kUsage,
                      "domain 1.5");
  EXPECT_ERSATZ_ERROR(draw(request_of(SceneKind::kFruit), -3), core::ExitCode::kUsage, "index -3");
  EXPECT_ERSATZ_ERROR(draw(with(SceneKind::kFruit, {{"friut", "kiwi"}})), core::ExitCode::kUsage,
                      "fruit");
  EXPECT_ERSATZ_ERROR(draw(with(SceneKind::kFruit, {{"fruit", "kiwii"}})), core::ExitCode::kUsage,
                      "kiwi");
  EXPECT_ERSATZ_ERROR(draw(with(SceneKind::kCar, {{"time", "night"}, {"weather", "sunny"}})),
                      core::ExitCode::kUsage, "night");
  EXPECT_ERSATZ_ERROR(draw(with(SceneKind::kCar, {{"sky", "clear"}, {"weather", "overcast"}})),
                      core::ExitCode::kUsage, "overcast");
  EXPECT_ERSATZ_ERROR(parse_scene_kind("frut"), core::ExitCode::kUsage, "fruit");
  EXPECT_EQ(parse_scene_kind("apple tree"), SceneKind::kAppleTree);
}

// What would contradict is drawn again: nothing is sunny at night, or overcast under a clear sky.
TEST(Scenes, AttributesOfCarsAreConsistent) {
  for (int index = 0; index < 2000; ++index) {
    const SceneAttributes car = choose_attributes(request_of(SceneKind::kCar), 31, index);
    EXPECT_FALSE(car.at("time") == "night" && car.at("weather") == "sunny");
    EXPECT_FALSE(car.at("sky") == "clear" && car.at("weather") == "overcast");
  }
  SceneRequest night = request_of(SceneKind::kCar);
  night.fixed = {{"time", "night"}};
  SceneRequest sunny = request_of(SceneKind::kCar);
  sunny.fixed = {{"weather", "sunny"}};
  for (int index = 0; index < 200; ++index) {
    EXPECT_NE(choose_attributes(night, 1, index).at("weather"), "sunny");
    EXPECT_NE(choose_attributes(sunny, 1, index).at("time"), "night");
  }
}

}  // namespace
}  // namespace ersatz::data
