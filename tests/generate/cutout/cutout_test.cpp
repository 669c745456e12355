// Cut-outs of drawn things whose exact coverage is known.
#include "generate/cutout/cutout.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "core/philox.h"
#include "data/digits/parallel_blocks.h"
#include "data/images/image_file.h"
#include "data/images/jpeg_codec.h"
#include "generate/copy_paste/alpha_paste.h"
#include "support/test_support.h"

namespace ersatz::generate {
namespace {

using core::ExitCode;
using Colour = std::array<double, 3>;

constexpr int kSide = 100;

// Coverage of each pixel in 0..1 by 8 x 8 samples.
std::vector<double> coverage(const std::function<bool(double x, double y)>& inside) {
  std::vector<double> result(kSide * kSide, 0);
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      int hits = 0;
      for (int i = 0; i < 64; ++i) {
        hits += inside(x + (i % 8 + 0.5) / 8, y + (i / 8 + 0.5) / 8) ? 1 : 0;
      }
      result[static_cast<std::size_t>(y * kSide + x)] = hits / 64.0;
    }
  }
  return result;
}

bool in_ellipse(double x, double y) {
  return std::pow((x - 52) / 34, 2) + std::pow((y - 47) / 27, 2) < 1;
}

// An orange thing, darker to one side, with some texture.
Colour thing_colour(int x, int y) {
  const double light = 1 - 0.004 * (x + y - 100),
               texture = 8 * std::sin(0.9 * x) * std::cos(1.1 * y);
  return {215 * light + texture, 120 * light + texture, 30 * light};
}

data::RgbImage painted(const std::vector<double>& cover,
                       const std::function<Colour(int x, int y)>& ground) {
  data::RgbImage image{kSide, kSide, {}};
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const double share = cover[static_cast<std::size_t>(y * kSide + x)];
      const Colour thing = thing_colour(x, y), around = ground(x, y);
      for (std::size_t c = 0; c < 3; ++c) {
        const double value = share * thing[c] + (1 - share) * around[c];
        image.pixels.push_back(static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, 255L)));
      }
    }
  }
  return image;
}

Colour white(int, int) { return {255, 255, 255}; }

data::RgbImage as_jpeg(const data::RgbImage& image, int quality) {
  return data::decode_image(data::encode_jpeg(image, quality), "test.jpg");
}

// Alpha of the cut-out at its place in the photo.
std::vector<double> alpha_of(const Cutout& cutout) {
  std::vector<double> alpha(kSide * kSide, 0);
  for (int y = 0; y < cutout.image.height; ++y) {
    for (int x = 0; x < cutout.image.width; ++x) {
      alpha[static_cast<std::size_t>((cutout.box.y + y) * kSide + cutout.box.x + x)] =
          cutout.image.pixels[static_cast<std::size_t>(4 * (y * cutout.image.width + x) + 3)] /
          255.0;
    }
  }
  return alpha;
}

double intersection_over_union(const std::vector<double>& a, const std::vector<double>& b) {
  double both = 0, either = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    both += a[i] >= 0.5 && b[i] >= 0.5;
    either += a[i] >= 0.5 || b[i] >= 0.5;
  }
  return both / either;
}

double mean_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  std::size_t rim = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] <= 0 || a[i] >= 1) continue;
    sum += std::abs(a[i] - b[i]);
    ++rim;
  }
  return sum / static_cast<double>(rim);
}

// Mean difference, over the pixels along the edge, between the cut-out pasted on black and the
// thing painted on black: what a viewer sees of a halo.
double halo_on_black(const Cutout& cutout, const std::vector<double>& cover) {
  data::RgbImage pasted{kSide, kSide, std::vector<std::uint8_t>(kSide * kSide * 3, 0)};
  const data::RgbImage truth = painted(cover, [](int, int) { return Colour{0, 0, 0}; });
  alpha_paste(pasted, cutout.image, cutout.box.x, cutout.box.y);
  double sum = 0;
  int count = 0;
  for (int y = 2; y < kSide - 2; ++y) {
    for (int x = 2; x < kSide - 2; ++x) {
      const auto pixel = static_cast<std::size_t>(y * kSide + x);
      bool rim = false;
      for (const int step : {-2, -1, 0, 1, 2}) {
        for (const int other : {step, step * kSide}) {
          const double share = cover[static_cast<std::size_t>(y * kSide + x + other)];
          rim = rim || std::abs(share - cover[pixel]) > 0.3;
        }
      }
      if (!rim) continue;
      for (std::size_t c = 0; c < 3; ++c) {
        sum += std::abs(pasted.pixels[3 * pixel + c] - truth.pixels[3 * pixel + c]);
      }
      count += 3;
    }
  }
  return sum / count;
}

CutoutOptions on_white() { return {WhiteBackground{}, 0, false, 0}; }

CutoutOptions in_box(const data::PixelBox& box, BoxShape shape = BoxShape::kBox) {
  return {GrabCut{box, shape, 5}, 0, false, 0};
}

Cutout made(const data::RgbImage& photo, const CutoutOptions& options) {
  CutoutResult result = make_cutout(photo, options);
  EXPECT_TRUE(result.cutout) << result.failure;
  return result.cutout.value_or(Cutout{});
}

TEST(WhiteCutout, FindsTheThingToTheFractionOfAPixel) {
  const std::vector<double> cover = coverage(in_ellipse);
  const Cutout cutout = made(painted(cover, white), on_white());
  const std::vector<double> alpha = alpha_of(cutout);
  EXPECT_GT(intersection_over_union(alpha, cover), 0.99);
  EXPECT_LT(mean_difference(cover, alpha), 0.08);
  EXPECT_NEAR(cutout.box.x, 18, 1);
  EXPECT_NEAR(cutout.box.y, 20, 1);
  EXPECT_NEAR(cutout.box.width, 68, 2);
  EXPECT_NEAR(cutout.box.height, 54, 2);
}

TEST(WhiteCutout, NoiseOfJpegIsNoPartOfIt) {
  const std::vector<double> cover = coverage(in_ellipse);
  for (const int quality : {60, 80, 95}) {
    const Cutout cutout = made(as_jpeg(painted(cover, white), quality), on_white());
    const std::vector<double> alpha = alpha_of(cutout);
    EXPECT_GT(intersection_over_union(alpha, cover), 0.97) << quality;
    // No specks away from the thing.
    for (std::size_t i = 0; i < alpha.size(); ++i) {
      const double x = static_cast<double>(i % kSide) + 0.5,
                   y = static_cast<double>(i / kSide) + 0.5;
      const bool far = std::pow((x - 52) / 38, 2) + std::pow((y - 47) / 31, 2) > 1;
      ASSERT_FALSE(far && alpha[i] > 0) << quality << " " << x << " " << y;
    }
  }
}

// The classic flaw: pixels of the edge that still hold white. The same mask with the photo's own
// colours has it, the matte does not.
TEST(WhiteCutout, CarriesNoHalo) {
  const std::vector<double> cover = coverage(in_ellipse);
  for (const int quality : {80, 95}) {
    const data::RgbImage photo = as_jpeg(painted(cover, white), quality);
    const Cutout cutout = made(photo, on_white());
    Cutout hard = cutout;
    for (int y = 0; y < hard.image.height; ++y) {
      for (int x = 0; x < hard.image.width; ++x) {
        const auto to = static_cast<std::size_t>(4 * (y * hard.image.width + x));
        const auto from = static_cast<std::size_t>(3 * ((hard.box.y + y) * kSide + hard.box.x + x));
        std::copy_n(&photo.pixels[from], 3, &hard.image.pixels[to]);
        hard.image.pixels[to + 3] = hard.image.pixels[to + 3] > 0 ? 255 : 0;
      }
    }
    const double halo = halo_on_black(cutout, cover), naive = halo_on_black(hard, cover);
    EXPECT_LT(halo, 14) << quality;
    EXPECT_LT(halo, naive / 3) << quality << " " << naive;
  }
}

TEST(WhiteCutout, BrightSpotsInsideArePartOfIt) {
  const std::vector<double> cover = coverage(in_ellipse);
  data::RgbImage photo = painted(cover, white);
  for (int y = 40; y < 46; ++y) {
    for (int x = 60; x < 66; ++x) {
      std::fill_n(&photo.pixels[static_cast<std::size_t>(3 * (y * kSide + x))], 3, 255);
    }
  }
  EXPECT_GT(intersection_over_union(alpha_of(made(photo, on_white())), cover), 0.99);
  CutoutOptions options = on_white();
  options.keep_holes = true;
  const std::vector<double> alpha = alpha_of(made(photo, options));
  EXPECT_LT(alpha[43 * kSide + 63], 0.1);
  EXPECT_EQ(alpha[43 * kSide + 50], 1);
}

TEST(WhiteCutout, ThinPartsCanBeTakenOff) {
  const auto with_pin = [](double x, double y) {
    return in_ellipse(x, y) || (std::abs(x - 52) < 2.5 && y > 60 && y < 90);
  };
  const data::RgbImage photo = painted(coverage(with_pin), white);
  EXPECT_GT(made(photo, on_white()).box.height, 68);
  CutoutOptions options = on_white();
  options.open = 4;
  const Cutout cutout = made(photo, options);
  EXPECT_LT(cutout.box.height, 58);
  EXPECT_GT(intersection_over_union(alpha_of(cutout), coverage(in_ellipse)), 0.97);
}

TEST(WhiteCutout, ShadowsCanBeTakenOff) {
  const std::vector<double> cover = coverage(in_ellipse);
  const auto shaded = [](int x, int y) {
    const double distance = std::hypot((x - 52) / 30.0, (y - 76) / 8.0);
    const double grey = 255 - 110 * std::max(0.0, 1 - distance);
    return Colour{grey, grey, grey};
  };
  const data::RgbImage photo = painted(cover, shaded);
  EXPECT_LT(intersection_over_union(alpha_of(made(photo, on_white())), cover), 0.97);
  CutoutOptions options = on_white();
  std::get<WhiteBackground>(options.method).shadow = 130;
  EXPECT_GT(intersection_over_union(alpha_of(made(photo, options)), cover), 0.97);
}

TEST(WhiteCutout, OnlyTheLargestThingIsTaken) {
  const auto two = [](double x, double y) {
    return in_ellipse(x, y) || std::hypot(x - 8, y - 90) < 6;
  };
  const Cutout cutout = made(painted(coverage(two), white), on_white());
  EXPECT_GT(intersection_over_union(alpha_of(cutout), coverage(in_ellipse)), 0.99);
}

TEST(WhiteCutout, AThingCutByTheBorderKeepsItsEdge) {
  const auto cut = [](double x, double y) { return in_ellipse(x - 40, y); };
  const std::vector<double> cover = coverage(cut);
  const Cutout cutout = made(painted(cover, white), on_white());
  EXPECT_EQ(cutout.box.x + cutout.box.width, kSide);
  const std::vector<double> alpha = alpha_of(cutout);
  EXPECT_EQ(alpha[47 * kSide + kSide - 1], 1);
  EXPECT_GT(intersection_over_union(alpha, cover), 0.99);
}

TEST(WhiteCutout, FeatherSoftensInwards) {
  const data::RgbImage photo = painted(coverage(in_ellipse), white);
  CutoutOptions options = on_white();
  options.feather = 2;
  const Cutout soft = made(photo, options), hard = made(photo, on_white());
  double sums[2] = {0, 0};
  for (std::size_t i = 3; i < hard.image.pixels.size(); i += 4) sums[0] += hard.image.pixels[i];
  for (std::size_t i = 3; i < soft.image.pixels.size(); i += 4) sums[1] += soft.image.pixels[i];
  EXPECT_LT(sums[1], 0.97 * sums[0]);
  EXPECT_GT(sums[1], 0.8 * sums[0]);
}

TEST(WhiteCutout, SaysWhyThereIsNone) {
  const std::vector<double> nothing(kSide * kSide, 0);
  const auto dark = [](int, int) { return Colour{30, 60, 30}; };
  const auto failure = [](const data::RgbImage& photo) {
    const CutoutResult result = make_cutout(photo, on_white());
    EXPECT_FALSE(result.cutout);
    return result.failure;
  };
  EXPECT_EQ(failure(painted(coverage(in_ellipse), dark)), "the border of the photo is not white");
  EXPECT_EQ(failure(painted(nothing, white)), "nothing stands out from the background");
  EXPECT_EQ(failure({1, 1, {255, 255, 255}}), "nothing stands out from the background");
  // Bright on a tenth of the border only, and nowhere inside: less than 0.5 % of the photo.
  data::RgbImage framed = painted(nothing, dark);
  for (int x = 0; x < 40; ++x) {
    std::fill_n(&framed.pixels[static_cast<std::size_t>(3 * x)], 3, 255);
  }
  EXPECT_EQ(failure(framed), "there is no background around the thing");
}

// A dark green ground with texture, and leaves of another green.
Colour foliage(int x, int y) {
  core::Stream noise(1, "foliage", static_cast<std::uint64_t>(y * kSide + x));
  const double leaf = std::sin(0.35 * x) * std::sin(0.28 * y) > 0.2 ? 40 : 0;
  return {40 + leaf + 6 * noise.normal(), 90 + leaf + 6 * noise.normal(), 50 + 6 * noise.normal()};
}

TEST(GrabCutCutout, FindsTheThingInABox) {
  const std::vector<double> cover = coverage(in_ellipse);
  const data::RgbImage photo = as_jpeg(painted(cover, foliage), 90);
  for (const BoxShape shape : {BoxShape::kBox, BoxShape::kEllipse}) {
    const Cutout cutout = made(photo, in_box({14, 16, 76, 62}, shape));
    EXPECT_GT(intersection_over_union(alpha_of(cutout), cover), 0.95);
    EXPECT_LT(halo_on_black(cutout, cover), 22);
  }
}

TEST(GrabCutCutout, SameInputSameBytesOnAnyThread) {
  const data::RgbImage photo = painted(coverage(in_ellipse), foliage);
  const CutoutOptions options = in_box({14, 16, 76, 62});
  const std::vector<std::uint8_t> expected = made(photo, options).image.pixels;
  std::vector<std::vector<std::uint8_t>> others(8);
  data::for_each_block(8, 1, 4, [&](std::int64_t begin, std::int64_t) {
    others[static_cast<std::size_t>(begin)] = make_cutout(photo, options).cutout->image.pixels;
  });
  for (const auto& other : others) EXPECT_EQ(other, expected);
}

TEST(GrabCutCutout, ABoxAroundEverythingIsNoHelp) {
  const data::RgbImage photo = painted(coverage(in_ellipse), foliage);
  const CutoutResult result = make_cutout(photo, in_box({0, 0, kSide, kSide}));
  EXPECT_FALSE(result.cutout);
  EXPECT_EQ(result.failure, "there is no background around the thing");
}

TEST(Cutout, ImpossibleSettingsAreRefused) {
  const data::RgbImage photo = painted(coverage(in_ellipse), white);
  for (const data::PixelBox& box : {data::PixelBox{-1, 0, 10, 10},
                                    {0, 0, 101, 10},
                                    {95, 0, 6, 9},
                                    {0, 0, 2, 9},
                                    {0, 98, 9, 3},
                                    {2'000'000'000, 0, 2'000'000'000, 9}}) {
    EXPECT_ERSATZ_ERROR(make_cutout(photo, in_box(box)), ExitCode::kUsage, "not inside the photo");
  }
  CutoutOptions options = on_white();
  std::get<WhiteBackground>(options.method).tolerance = 0;
  EXPECT_ERSATZ_ERROR(make_cutout(photo, options), ExitCode::kUsage, "tolerance 0");
  options = on_white();
  options.open = 51;
  EXPECT_ERSATZ_ERROR(make_cutout(photo, options), ExitCode::kUsage, "open 51");
  options = on_white();
  options.feather = -1;
  EXPECT_ERSATZ_ERROR(make_cutout(photo, options), ExitCode::kUsage, "feather -1");
}

}  // namespace
}  // namespace ersatz::generate
