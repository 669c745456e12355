#include "label/map_labels.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <functional>

#include "core/file_system.h"
#include "core/json.h"
#include "models/safetensors.h"
#include "support/test_support.h"

namespace ersatz::label {
namespace {

// A map of `side` px whose level at (x, y) in [0, 1] is brightness(x, y) in [0, 1].
data::GreyImage map_of(int side, const std::function<double(double, double)>& brightness) {
  data::GreyImage map{side, side, {}};
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const double level = brightness((x + 0.5) / side, (y + 0.5) / side);
      map.pixels.push_back(static_cast<std::uint8_t>(std::lround(255 * level)));
    }
  }
  return map;
}

double blob(double x, double y, double cx, double cy, double radius) {
  const double d = std::hypot(x - cx, y - cy) / radius;
  return std::exp(-d * d);
}

double iou(const data::Rle& rle, const std::function<bool(double, double)>& object) {
  const std::vector<std::uint8_t> mask = data::decode_rle(rle);
  double both = 0, either = 0;
  for (int y = 0; y < rle.height; ++y) {
    for (int x = 0; x < rle.width; ++x) {
      const bool ours = mask[static_cast<std::size_t>(y * rle.width + x)] != 0;
      const bool real = object((x + 0.5) / rle.width, (y + 0.5) / rle.height);
      both += ours && real ? 1 : 0;
      either += ours || real ? 1 : 0;
    }
  }
  return both / either;
}

TEST(Otsu, EqualsOpenCvsPythonNumbers) {
  ERSATZ_REQUIRE_SHARED(folder, "fixtures/metrics");
  const models::NamedTensors images =
      models::load_safetensors(folder / "otsu_images.safetensors").tensors;
  const core::Json rows = core::read_json(folder / "otsu.json").at("rows");
  for (const core::Json& row : rows) {
    const torch::Tensor image = images.at(row.at("name").get<std::string>()).contiguous();
    data::GreyImage map{static_cast<int>(image.size(1)), static_cast<int>(image.size(0)), {}};
    const std::uint8_t* pixels = image.data_ptr<std::uint8_t>();
    map.pixels.assign(pixels, pixels + image.numel());
    const double threshold = otsu_threshold(map);
    EXPECT_EQ(threshold, row.at("otsu_threshold").get<double>()) << row.at("name");
    std::int64_t white = 0;
    for (const std::uint8_t level : map.pixels) white += level > threshold ? 1 : 0;
    EXPECT_EQ(white, row.at("n_white_binary").get<std::int64_t>()) << row.at("name");
  }
  EXPECT_EQ(rows.size(), 50U);
}

TEST(MapLabels, FixedFindsASingleObjectAtAnySize) {
  const auto disc = [](double x, double y) { return std::hypot(x - 0.4, y - 0.55) < 0.2; };
  for (const int side : {64, 128, 512}) {
    const auto labels =
        labels_of_map(map_of(side, [&](double x, double y) { return disc(x, y) ? 0.9 : 0.1; }), 3,
                      "car", MapRecipe::kFixed);
    ASSERT_EQ(labels.size(), 1U) << side;
    const ObjectLabel& label = labels[0];
    EXPECT_EQ(label.class_index, 3);
    EXPECT_GT(iou(label.mask, disc), 0.95) << side;
    EXPECT_NEAR(label.box.x, 0.2 * side, 1.5);
    EXPECT_NEAR(label.box.height, 0.4 * side, 2.5);
    EXPECT_EQ(data::rle_box(label.mask), label.box);
    EXPECT_GT(label.score, 0.6);
    EXPECT_EQ(label.origin.method, "attention/fixed");
    EXPECT_EQ(label.origin.word, "car");
  }
}

TEST(MapLabels, PublishedShrinksByThreePixelsWhateverTheSize) {
  const auto square = [](double x, double y) {
    return x > 0.25 && x < 0.75 && y > 0.25 && y < 0.75;
  };
  for (const int side : {128, 512}) {
    const auto map = map_of(side, [&](double x, double y) { return square(x, y) ? 1.0 : 0.0; });
    const auto labels = labels_of_map(map, 0, "car", MapRecipe::kPublished);
    ASSERT_EQ(labels.size(), 1U);
    EXPECT_EQ(labels[0].box,
              (data::PixelBox{side / 4 + 3, side / 4 + 3, side / 2 - 6, side / 2 - 6}));
    // mean, most and hot are 1, and the size counts for nothing: 1.5, cut at 1.
    EXPECT_EQ(labels[0].score, 1.0);
    EXPECT_LT(iou(labels[0].mask, square),
              iou(labels_of_map(map, 0, "car", MapRecipe::kFixed)[0].mask, square));
  }
  // 20 px are gone after ten erosions.
  const auto small = [&](double x, double y) { return square(x * 3 - 1, y * 3 - 1) ? 1.0 : 0.0; };
  EXPECT_TRUE(labels_of_map(map_of(120, small), 0, "car", MapRecipe::kPublished).empty());
  EXPECT_EQ(labels_of_map(map_of(120, small), 0, "car", MapRecipe::kFixed).size(), 1U);
}

// By hand: a box of 40 x 40 px, the left half at 200 and the right half at 130, on a ground of 0.
TEST(MapLabels, PublishedScoreByHand) {
  data::GreyImage map{200, 100, std::vector<std::uint8_t>(20'000)};
  for (int y = 27; y < 73; ++y) {
    for (int x = 77; x < 123; ++x) {
      map.pixels[static_cast<std::size_t>(y * 200 + x)] = x < 100 ? 200 : 120;
    }
  }
  const auto labels = labels_of_map(map, 0, "car", MapRecipe::kPublished);
  ASSERT_EQ(labels.size(), 1U);
  ASSERT_EQ(labels[0].box, (data::PixelBox{80, 30, 40, 40}));
  const double mean = 160.0 / 255, most = 200.0 / 255, hot = 0.5;
  const double size = 40.0 * 40 / 20'000 / 20'000;
  EXPECT_NEAR(labels[0].score, 0.5 * (mean + most + hot + size), 1e-12);
}

TEST(MapLabels, SeveralObjectsLargestFirst) {
  const auto map = map_of(256, [](double x, double y) {
    return std::max(blob(x, y, 0.25, 0.3, 0.12), blob(x, y, 0.7, 0.65, 0.2));
  });
  for (const MapRecipe recipe : {MapRecipe::kPublished, MapRecipe::kFixed}) {
    const auto labels = labels_of_map(map, 0, "car", recipe);
    ASSERT_EQ(labels.size(), 2U) << map_recipe_name(recipe);
    EXPECT_GT(labels[0].box.x, labels[1].box.x);
    EXPECT_GT(data::rle_area(labels[0].mask), data::rle_area(labels[1].mask));
    EXPECT_EQ(labels[1].origin.contour, 1);
    for (const ObjectLabel& label : labels) EXPECT_GE(label.polygon.size(), 3U);
  }
}

TEST(MapLabels, SpecksAndHolesAreMended) {
  const auto ring = [](double x, double y) {
    const double d = std::hypot(x - 0.5, y - 0.5);
    const bool speck = std::hypot(x - 0.1, y - 0.1) < 0.012;
    return (d < 0.3 && d > 0.1) || speck ? 1.0 : 0.0;
  };
  const auto labels = labels_of_map(map_of(256, ring), 0, "car", MapRecipe::kFixed);
  ASSERT_EQ(labels.size(), 1U);
  EXPECT_GT(
      iou(labels[0].mask, [](double x, double y) { return std::hypot(x - 0.5, y - 0.5) < 0.3; }),
      0.95);
}

TEST(MapLabels, NothingIsNoLabelAndNoCrash) {
  for (const MapRecipe recipe : {MapRecipe::kPublished, MapRecipe::kFixed}) {
    for (const double level : {0.0, 0.5}) {
      const auto flat = map_of(64, [&](double, double) { return level; });
      for (const ObjectLabel& label : labels_of_map(flat, 0, "car", recipe)) {
        // A flat map that is not black is all object: Otsu's threshold is 0.
        EXPECT_GT(level, 0);
        EXPECT_LE(label.box.width, 64);
      }
    }
    data::GreyImage dot{1, 1, {255}};
    EXPECT_TRUE(labels_of_map(dot, 0, "car", recipe).empty());
  }
  EXPECT_ERSATZ_ERROR(labels_of_map({}, 0, "car", MapRecipe::kFixed), core::ExitCode::kInternal,
                      "without pixels");
}

TEST(MapLabels, WordsOfOnePictureShareItsPixels) {
  const auto left = map_of(128, [](double x, double y) { return blob(x, y, 0.35, 0.5, 0.25); });
  const auto right = map_of(128, [](double x, double y) { return blob(x, y, 0.65, 0.5, 0.25); });
  const std::vector<WordMap> maps = {{0, "car", left}, {4, "bus", right}};
  const auto shared = labels_of_maps(maps, MapRecipe::kFixed);
  ASSERT_EQ(shared.size(), 2U);
  EXPECT_EQ(shared[1].class_index, 4);
  const auto a = data::decode_rle(shared[0].mask), b = data::decode_rle(shared[1].mask);
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_FALSE(a[i] != 0 && b[i] != 0);
  const auto alone = labels_of_maps(maps, MapRecipe::kPublished);
  ASSERT_EQ(alone.size(), 2U);
  EXPECT_GT(alone[0].box.x + alone[0].box.width, alone[1].box.x) << "they overlap";
}

TEST(MapRecipes, HaveNames) {
  EXPECT_EQ(parse_map_recipe("published"), MapRecipe::kPublished);
  EXPECT_ERSATZ_ERROR(parse_map_recipe("better"), core::ExitCode::kUsage, "better");
}

}  // namespace
}  // namespace ersatz::label
