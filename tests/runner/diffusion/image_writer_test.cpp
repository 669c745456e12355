#include "runner/diffusion/image_writer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "data/images/image_file.h"
#include "support/test_support.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;

WantedImage wanted(int index) {
  core::Json recipe = {{"prompt", "a"},
                       {"negative", ""},
                       {"seed", index},
                       {"steps", 1},
                       {"guidance", 7.5},
                       {"width", 8},
                       {"height", 8},
                       {"scheduler", {{"solver", "ddim"}}},
                       {"model", {{"name", "m"}, {"sha256", "0123456789"}}}};
  return {index, fmt::format("{:05d}_{}", index, index), recipe};
}

data::RgbImage picture(int side) {
  data::RgbImage image{side, side, {}};
  const auto bytes = static_cast<std::size_t>(3 * side * side);
  for (std::size_t i = 0; i < bytes; ++i) {
    image.pixels.push_back(static_cast<std::uint8_t>(i * i >> 7));
  }
  return image;
}

std::ptrdiff_t threads() {
  return std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator());
}

TEST(ImageWriter, WritesAllOfALargeBatchWithFewThreads) {
  const test::TemporaryFolder folder;
  const std::ptrdiff_t before = threads();
  std::ptrdiff_t most = 0;
  ImageWriter writer(folder.path());
  for (int i = 0; i < 40; ++i) {
    writer.write(wanted(i), picture(256), {{"seconds", i}});
    most = std::max(most, threads() - before);
  }
  writer.finish();
  EXPECT_GE(most, 1);
  EXPECT_LE(most, 8);
  for (int i = 0; i < 40; ++i) {
    const std::string stem = wanted(i).stem;
    EXPECT_EQ(core::read_json(folder / (stem + ".json")).at("seconds"), i);
    EXPECT_EQ(data::read_image(folder / (stem + ".png")).pixels, picture(256).pixels);
  }
}

TEST(ImageWriter, WhatGoesWrongIsToldAtTheEnd) {
  const test::TemporaryFolder folder;
  fs::create_directory(folder / "00000_0.png");  // in the way
  ImageWriter writer(folder.path());
  for (int i = 0; i < 3; ++i) writer.write(wanted(i), picture(8), core::Json::object());
  EXPECT_THROW(writer.finish(), core::Error);
  EXPECT_TRUE(fs::exists(folder / "00002_2.json"));
  writer.finish();  // told once
}

}  // namespace
}  // namespace ersatz::runner
