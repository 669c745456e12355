// The gap between the domains: measurable and monotone. (What it costs a classifier:
// tests/train/scene_domain_gap_test.cpp.)
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "data/scenes/scene.h"
#include "data/scenes/scene_vocabulary.h"

namespace ersatz::data {
namespace {

constexpr int kSide = 48;

Scene draw(SceneKind kind, double domain, std::uint64_t seed, int index) {
  SceneRequest request;
  request.kind = kind;
  request.domain = domain;
  request.width = request.height = kSide;
  return draw_scene(request, seed, index);
}

struct Statistics {
  double saturation = 0;  // mean of (max - min) / max
  double brightness = 0;
};

Statistics statistics(SceneKind kind, double domain) {
  Statistics sum;
  constexpr int kScenes = 40;
  for (int i = 0; i < kScenes; ++i) {
    const Scene scene = draw(kind, domain, 2, i);
    double saturation = 0, brightness = 0;
    for (std::size_t p = 0; p < scene.image.pixels.size(); p += 3) {
      const std::uint8_t* rgb = &scene.image.pixels[p];
      const int high = std::max({rgb[0], rgb[1], rgb[2]}), low = std::min({rgb[0], rgb[1], rgb[2]});
      saturation += high > 0 ? static_cast<double>(high - low) / high : 0;
      brightness += high;
    }
    sum.saturation += saturation / (kSide * kSide) / kScenes;
    sum.brightness += brightness / (kSide * kSide) / kScenes;
  }
  return sum;
}

TEST(SceneDomain, BrightnessFallsWithTheDial) {
  for (const SceneKind kind : {SceneKind::kFruit, SceneKind::kCar, SceneKind::kAppleTree,
                               SceneKind::kGarment, SceneKind::kGrandPiano}) {
    double before = 1e9;
    for (const double domain : {0.0, 0.5, 1.0}) {
      const double now = statistics(kind, domain).brightness;
      EXPECT_LT(now, before) << scene_kind_name(kind) << " at " << domain;
      before = now;
    }
  }
}

TEST(SceneDomain, ShareOfTheTestSurfacesGrowsWithTheDial) {
  SceneRequest request;
  std::array<int, 3> found{};
  for (std::size_t step = 0; step < found.size(); ++step) {
    request.domain = 0.5 * static_cast<double>(step);
    for (int i = 0; i < 1000; ++i) {
      const std::string surface = choose_attributes(request, 3, i).at("surface");
      found[step] += surface == "metal tray" || surface == "grey table" ? 1 : 0;
    }
  }
  EXPECT_LT(found[0], 60);
  EXPECT_GT(found[1], found[0] + 100);
  EXPECT_GT(found[2], found[1] + 100);
}

}  // namespace
}  // namespace ersatz::data
