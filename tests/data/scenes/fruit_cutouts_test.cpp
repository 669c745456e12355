#include "data/scenes/fruit_cutouts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "data/scenes/scene.h"
#include "support/test_support.h"

namespace ersatz::data {
namespace {

TEST(FruitCutouts, FivePerClassAreDistinct) {
  const std::vector<Cutout> cutouts = draw_fruit_cutouts(5, 128, 1);
  ASSERT_EQ(cutouts.size(), 25U);
  const char* names[] = {"orange", "peach", "kiwi", "tomato", "banana"};
  for (std::size_t i = 0; i < cutouts.size(); ++i) {
    EXPECT_EQ(cutouts[i].name, names[i / 5]);
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_NE(cutouts[i].colour.pixels, cutouts[j].colour.pixels) << i << " and " << j;
    }
  }
  EXPECT_EQ(draw_fruit_cutouts(5, 128, 1)[7].colour.pixels, cutouts[7].colour.pixels);
  EXPECT_NE(draw_fruit_cutouts(5, 128, 2)[7].colour.pixels, cutouts[7].colour.pixels);
}

TEST(FruitCutouts, AreCroppedToTheFruit) {
  for (const Cutout& cutout : draw_fruit_cutouts(4, 128, 3)) {
    const int width = cutout.colour.width, height = cutout.colour.height;
    ASSERT_EQ(cutout.alpha.width, width);
    ASSERT_EQ(cutout.alpha.height, height);
    ASSERT_EQ(cutout.colour.pixels.size(), static_cast<std::size_t>(3 * width * height));
    ASSERT_EQ(cutout.alpha.pixels.size(), static_cast<std::size_t>(width * height));
    // As large as asked for: an orange from 0.18 to 0.32 of the side, a banana up to 1.8 times
    // that.
    EXPECT_GE(std::max(width, height), 16);
    EXPECT_LE(std::max(width, height), 76);
    const auto alpha = [&](int x, int y) {
      return cutout.alpha.pixels[static_cast<std::size_t>(y * width + x)];
    };
    int left = 0, right = 0, top = 0, bottom = 0, opaque = 0;
    for (int y = 0; y < height; ++y) {
      left += alpha(0, y) > 0 ? 1 : 0;
      right += alpha(width - 1, y) > 0 ? 1 : 0;
    }
    for (int x = 0; x < width; ++x) {
      top += alpha(x, 0) > 0 ? 1 : 0;
      bottom += alpha(x, height - 1) > 0 ? 1 : 0;
    }
    for (const auto a : cutout.alpha.pixels) opaque += a == 255 ? 1 : 0;
    EXPECT_GT(left, 0);
    EXPECT_GT(right, 0);
    EXPECT_GT(top, 0);
    EXPECT_GT(bottom, 0);
    EXPECT_GT(opaque, width * height / 5) << cutout.name;
    if (cutout.name != "banana") {
      EXPECT_EQ(alpha(0, 0), 0) << cutout.name;
    }
  }
}

// Nothing dark or foreign at the rim: colours there are those of the fruit, whatever alpha is.
TEST(FruitCutouts, RimHasTheColourOfTheFruit) {
  FruitCutoutRequest request;
  request.fruit = "orange";
  request.scene_side = 256;
  for (int index = 0; index < 6; ++index) {
    const Cutout cutout = draw_fruit_cutout(request, 9, index);
    double inner[3] = {}, rim[3] = {};
    int inner_count = 0, rim_count = 0;
    for (std::size_t i = 0; i < cutout.alpha.pixels.size(); ++i) {
      const int alpha = cutout.alpha.pixels[i];
      if (alpha == 0) continue;
      double* sum = alpha == 255 ? inner : rim;
      for (std::size_t c = 0; c < 3; ++c) sum[c] += cutout.colour.pixels[3 * i + c];
      (alpha == 255 ? inner_count : rim_count) += 1;
    }
    ASSERT_GT(rim_count, 20);
    // The rim may be in the shade, but stays orange: red over green over blue in like proportion.
    const double inner_ratio = inner[0] / inner[1], rim_ratio = rim[0] / rim[1];
    EXPECT_NEAR(rim_ratio / inner_ratio, 1, 0.25) << index;
    EXPECT_GT(rim[0] / rim_count, 0.3 * inner[0] / inner_count) << index;
  }
}

TEST(FruitCutouts, MistakesAreNamed) {
  FruitCutoutRequest request;
  request.fruit = "apple";
  EXPECT_ERSATZ_ERROR(draw_fruit_cutout(request, 0, 0), core::ExitCode::kUsage, "apple");
  request.fruit = "kiwi";
  request.smallest = 0.4;
  request.largest = 0.3;
  EXPECT_ERSATZ_ERROR(draw_fruit_cutout(request, 0, 0), core::ExitCode::kUsage, "0.4 to 0.3");
  EXPECT_ERSATZ_ERROR(draw_fruit_cutouts(-1, 128, 0), core::ExitCode::kUsage, "-1 per class");
}

// Saturated red, orange and yellow pixels that hang together, the largest such patch in pixels.
int largest_fruit_coloured_blob(const RgbImage& image) {
  const int width = image.width, height = image.height;
  std::vector<char> warm(static_cast<std::size_t>(width * height), 0);
  for (std::size_t i = 0; i < warm.size(); ++i) {
    const int r = image.pixels[3 * i], g = image.pixels[3 * i + 1], b = image.pixels[3 * i + 2];
    const int high = std::max({r, g, b}), low = std::min({r, g, b});
    const bool saturated = high > 90 && (high - low) * 100 > 62 * high;
    warm[i] = saturated && r == high && r > g + 8 && b == low ? 1 : 0;
  }
  int largest = 0;
  std::vector<int> stack;
  for (int start = 0; start < width * height; ++start) {
    if (warm[static_cast<std::size_t>(start)] == 0) continue;
    int size = 0;
    stack.push_back(start);
    warm[static_cast<std::size_t>(start)] = 0;
    while (!stack.empty()) {
      const int at = stack.back();
      stack.pop_back();
      ++size;
      const int x = at % width, y = at / width;
      const int next[] = {x > 0 ? at - 1 : -1, x + 1 < width ? at + 1 : -1, y > 0 ? at - width : -1,
                          y + 1 < height ? at + width : -1};
      for (const int n : next) {
        if (n < 0 || warm[static_cast<std::size_t>(n)] == 0) continue;
        warm[static_cast<std::size_t>(n)] = 0;
        stack.push_back(n);
      }
    }
    largest = std::max(largest, size);
  }
  return largest;
}

TEST(Backgrounds, HaveNoBlobsOfTheColoursOfFruit) {
  SceneRequest request;
  request.width = request.height = 96;
  request.fixed = {{"fruit", "orange"}};
  // The measure finds fruit where there is some.
  int found = 0;
  for (int index = 0; index < 20; ++index) {
    found += largest_fruit_coloured_blob(draw_scene(request, 2, index).image) > 100 ? 1 : 0;
  }
  EXPECT_GE(found, 19);
  request.kind = SceneKind::kBackground;
  request.fixed = {};
  for (const double domain : {kWebDomain, kCameraDomain}) {
    request.domain = domain;
    for (int index = 0; index < 60; ++index) {
      const Scene scene = draw_scene(request, 2, index);
      EXPECT_TRUE(scene.objects.empty());
      // Wood is brown all over: no blob, but a ground.
      if (scene.attributes.at("place") == "wooden table") continue;
      EXPECT_LT(largest_fruit_coloured_blob(scene.image), 60) << index << " " << scene.caption;
    }
  }
}

}  // namespace
}  // namespace ersatz::data
