// The gap between the domains: measurable, monotone, and large enough to cost a classifier.
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

// What a simple classifier sees: the colours of a 6 x 6 mosaic, their mean and their spread.
using Features = std::vector<double>;

Features features(const RgbImage& image) {
  constexpr int kCells = 6, kCell = kSide / kCells;
  Features result;
  for (int cy = 0; cy < kCells; ++cy) {
    for (int cx = 0; cx < kCells; ++cx) {
      for (int c = 0; c < 3; ++c) {
        double sum = 0;
        for (int y = cy * kCell; y < (cy + 1) * kCell; ++y) {
          for (int x = cx * kCell; x < (cx + 1) * kCell; ++x) {
            sum += image.pixels[static_cast<std::size_t>(3 * (y * kSide + x) + c)];
          }
        }
        result.push_back(sum / (kCell * kCell));
      }
    }
  }
  // Sorted along the green-minus-red axis, so that the place of the fruit matters little.
  std::vector<std::array<double, 3>> cells;
  for (std::size_t i = 0; i < result.size(); i += 3) {
    cells.push_back({result[i], result[i + 1], result[i + 2]});
  }
  std::sort(cells.begin(), cells.end(),
            [](const auto& a, const auto& b) { return a[2] - a[0] < b[2] - b[0]; });
  Features sorted;
  for (const auto& cell : cells) sorted.insert(sorted.end(), cell.begin(), cell.end());
  return sorted;
}

struct Set {
  std::vector<Features> features;
  std::vector<std::string> classes;
};

Set fruit_set(double domain, std::uint64_t seed, int count) {
  Set set;
  for (int i = 0; i < count; ++i) {
    const Scene scene = draw(SceneKind::kFruit, domain, seed, i);
    set.features.push_back(features(scene.image));
    set.classes.push_back(scene.attributes.at("fruit"));
  }
  return set;
}

double nearest_neighbour_accuracy(const Set& train, const Set& test) {
  int right = 0;
  for (std::size_t i = 0; i < test.features.size(); ++i) {
    double best = 1e18;
    std::size_t nearest = 0;
    for (std::size_t j = 0; j < train.features.size(); ++j) {
      double distance = 0;
      for (std::size_t k = 0; k < train.features[j].size(); ++k) {
        const double d = train.features[j][k] - test.features[i][k];
        distance += d * d;
      }
      if (distance < best) {
        best = distance;
        nearest = j;
      }
    }
    right += train.classes[nearest] == test.classes[i] ? 1 : 0;
  }
  return static_cast<double>(right) / static_cast<double>(test.features.size());
}

TEST(SceneDomain, AClassifierOfOneDomainLosesInTheOther) {
  const Set web = fruit_set(kWebDomain, 41, 500), camera = fruit_set(kCameraDomain, 41, 500);
  const Set web_test = fruit_set(kWebDomain, 42, 200),
            camera_test = fruit_set(kCameraDomain, 42, 200);
  const double web_to_web = nearest_neighbour_accuracy(web, web_test);
  const double web_to_camera = nearest_neighbour_accuracy(web, camera_test);
  const double camera_to_camera = nearest_neighbour_accuracy(camera, camera_test);
  const double camera_to_web = nearest_neighbour_accuracy(camera, web_test);
  RecordProperty("web_to_web", std::to_string(web_to_web));
  RecordProperty("web_to_camera", std::to_string(web_to_camera));
  RecordProperty("camera_to_camera", std::to_string(camera_to_camera));
  RecordProperty("camera_to_web", std::to_string(camera_to_web));
  EXPECT_GT(web_to_web, 0.55);
  EXPECT_GT(camera_to_camera, 0.5);
  EXPECT_GT(web_to_web, web_to_camera + 0.12);
  EXPECT_GT(camera_to_camera, camera_to_web + 0.12);
  // Not so large that nothing carries over.
  EXPECT_GT(web_to_camera, 0.25);
}

}  // namespace
}  // namespace ersatz::data
