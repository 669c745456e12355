#include "data/digits/mnist_normalise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/philox.h"

namespace ersatz::data {
namespace {

using Image = std::vector<std::uint8_t>;

Image normalised(const Image& ink, int height, int width) {
  Image out(kDigitPixels, 77);
  mnist_normalise(ink.data(), height, width, out.data());
  return out;
}

// A filled ellipse with a tail: lopsided, with grey edges.
Image blob(int height, int width, core::Stream random) {
  Image ink(static_cast<std::size_t>(height * width));
  const float cx = random.uniform(0.3F, 0.7F) * static_cast<float>(width);
  const float cy = random.uniform(0.3F, 0.7F) * static_cast<float>(height);
  const float rx = random.uniform(0.1F, 0.3F) * static_cast<float>(width);
  const float ry = random.uniform(0.1F, 0.3F) * static_cast<float>(height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const float dx = (static_cast<float>(x) - cx) / rx, dy = (static_cast<float>(y) - cy) / ry;
      const float inside = 1.1F - std::sqrt(dx * dx + dy * dy);
      ink[static_cast<std::size_t>(y * width + x)] =
          static_cast<std::uint8_t>(255 * std::clamp(inside * 4, 0.0F, 1.0F));
    }
  }
  return ink;
}

struct Centre {
  double x = 0, y = 0;
};

Centre centre_of_mass(const Image& image) {
  double mass = 0;
  Centre centre;
  for (int y = 0; y < kDigitSize; ++y) {
    for (int x = 0; x < kDigitSize; ++x) {
      const double p = image[static_cast<std::size_t>(y * kDigitSize + x)];
      mass += p;
      centre.x += p * x;
      centre.y += p * y;
    }
  }
  return {centre.x / mass, centre.y / mass};
}

InkBox box_of(const Image& image) {
  return ink_box(image.data(), kDigitSize, kDigitSize, kDigitSize);
}

TEST(MnistNormalise, InkIsTwentyLongAndCentredForAnySize) {
  for (std::uint64_t i = 0; i < 200; ++i) {
    core::Stream random(7, "sizes", i);
    const int height = 12 + static_cast<int>(random.below(250));
    const int width = 12 + static_cast<int>(random.below(250));
    const Image out = normalised(blob(height, width, random), height, width);
    const InkBox box = box_of(out);
    ASSERT_EQ(std::max(box.width, box.height), kDigitExtent) << width << "x" << height;
    const Centre centre = centre_of_mass(out);
    ASSERT_NEAR(centre.x, kDigitCentre, 0.5 + 1e-9);
    ASSERT_NEAR(centre.y, kDigitCentre, 0.5 + 1e-9);
  }
}

TEST(MnistNormalise, IsIdempotent) {
  for (std::uint64_t i = 0; i < 50; ++i) {
    const Image once = normalised(blob(90, 70, core::Stream(3, "blob", i)), 90, 70);
    EXPECT_EQ(normalised(once, kDigitSize, kDigitSize), once);
  }
}

TEST(MnistNormalise, KeepsTheAspectRatio) {
  const Image bar(100 * 40, 255);  // 100 rows, 40 columns
  const InkBox box = box_of(normalised(bar, 100, 40));
  EXPECT_EQ(box.height, 20);
  EXPECT_EQ(box.width, 8);
}

TEST(MnistNormalise, AreaAveragingKeepsTheMass) {
  // 60 -> 20 px: every target pixel is the mean of a 3x3 block, so total ink shrinks by nine.
  const Image ink = [] {
    Image image(60 * 60);
    core::Stream random(5, "noise");
    for (auto& p : image) p = static_cast<std::uint8_t>(1 + random.below(255));
    return image;
  }();
  const Image out = normalised(ink, 60, 60);
  double before = 0, after = 0;
  for (const auto p : ink) before += p;
  for (const auto p : out) after += p;
  EXPECT_NEAR(after, before / 9, 0.002 * before / 9);
}

TEST(MnistNormalise, EnlargesSmallInkWithoutSmoothing) {
  Image dot(9);
  dot[4] = 200;
  const Image out = normalised(dot, 3, 3);
  EXPECT_EQ(std::count(out.begin(), out.end(), 200), kDigitExtent * kDigitExtent);
  EXPECT_EQ(std::count(out.begin(), out.end(), 0), kDigitPixels - kDigitExtent * kDigitExtent);
}

TEST(MnistNormalise, EmptyImageStaysEmpty) {
  const Image out = normalised(Image(50 * 50), 50, 50);
  EXPECT_EQ(std::count(out.begin(), out.end(), 0), kDigitPixels);
}

TEST(PlaceByMass, LopsidedInkStopsAtTheEdge) {
  // Nearly all mass in the left column: centring it would push the right end out of the image.
  Image patch(20 * 28, 0);
  for (int y = 0; y < 20; ++y) patch[static_cast<std::size_t>(y * 28)] = 255;
  patch[10 * 28 + 27] = 1;
  Image out(kDigitPixels);
  place_by_mass(patch.data(), 20, 28, 28, out.data());
  EXPECT_EQ(std::count(out.begin(), out.end(), 255), 20);
  EXPECT_EQ(std::count(out.begin(), out.end(), 1), 1);
}

}  // namespace
}  // namespace ersatz::data
