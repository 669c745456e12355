#include "generate/copy_paste/copy_paste.h"

#include <gmock/gmock.h>

#include <array>
#include <cmath>
#include <set>

#include "core/philox.h"
#include "data/digits/parallel_blocks.h"
#include "generate/copy_paste/sample_pictures.h"
#include "support/test_support.h"

namespace ersatz::generate {
namespace {

using core::ExitCode;
using data::PixelBox;

std::shared_ptr<const Backgrounds> backgrounds(int count, int width, int height) {
  std::vector<data::RgbImage> pictures;
  for (int i = 0; i < count; ++i) {
    pictures.push_back(test::sample_background(width + 3 * i, height + i, i));
  }
  return make_backgrounds(std::move(pictures));
}

CutOutClass discs(const std::string& name, int count, int side = 14) {
  CutOutClass one{name, {}};
  for (int i = 0; i < count; ++i) {
    one.cut_outs.push_back(make_cut_out(std::to_string(i), test::sample_disc(side + 4 * i, i)));
  }
  return one;
}

// The paper's procedure written down once more, as plainly as possible: a whole-picture mask for
// every cut-out, and doubles for the mixture.
struct Reference {
  std::vector<std::uint8_t> pixels;
  std::vector<std::vector<std::uint8_t>> masks;  // [height, width] each
  std::vector<std::size_t> pasted, dropped;
};

Reference reference(const std::vector<data::RgbImage>& pictures, const CutOutClass& one,
                    std::uint64_t seed, std::uint64_t index) {
  core::Stream stream(seed, "copy-paste/" + one.name, index);
  const data::RgbImage& picture = pictures[stream.below(pictures.size())];
  Reference result;
  result.pixels = picture.pixels;
  std::vector<std::size_t> left;
  for (std::size_t i = 0; i < one.cut_outs.size(); ++i) left.push_back(i);
  const std::uint64_t k = 1 + stream.below(left.size());
  for (std::uint64_t n = 0; n < k; ++n) {
    const std::size_t at = n + stream.below(left.size() - n);
    std::swap(left[n], left[at]);
  }
  std::vector<std::array<int, 4>> taken;  // left, top, right, bottom
  for (std::uint64_t n = 0; n < k; ++n) {
    const data::RgbaImage& cut_out = one.cut_outs[left[n]].image;
    bool placed = false;
    int x = 0, y = 0;
    for (int i = 0; i < 1000 && !placed; ++i) {
      const int room_x = picture.width - cut_out.width, room_y = picture.height - cut_out.height;
      x = static_cast<int>(stream.below(static_cast<std::uint64_t>(room_x < 0 ? 0 : room_x) + 1));
      y = static_cast<int>(stream.below(static_cast<std::uint64_t>(room_y < 0 ? 0 : room_y) + 1));
      placed = true;
      for (const auto& other : taken) {
        const bool apart = x + cut_out.width < other[0] || x > other[2] ||
                           y + cut_out.height < other[1] || y > other[3];
        placed = placed && apart;
      }
    }
    if (!placed) {
      result.dropped.push_back(left[n]);
      continue;
    }
    taken.push_back({x, y, x + cut_out.width, y + cut_out.height});
    std::vector<std::uint8_t> mask(picture.pixels.size() / 3, 0);
    for (int v = 0; v < cut_out.height; ++v) {
      for (int u = 0; u < cut_out.width; ++u) {
        if (x + u >= picture.width || y + v >= picture.height) continue;
        const std::size_t from = static_cast<std::size_t>(v * cut_out.width + u);
        const std::size_t to = static_cast<std::size_t>((y + v) * picture.width + x + u);
        const double alpha = cut_out.pixels[4 * from + 3] / 255.0;
        for (std::size_t c = 0; c < 3; ++c) {
          const double mixture =
              cut_out.pixels[4 * from + c] * alpha + result.pixels[3 * to + c] * (1 - alpha);
          result.pixels[3 * to + c] = static_cast<std::uint8_t>(std::lround(mixture));
        }
        mask[to] = cut_out.pixels[4 * from + 3] >= 128 ? 1 : 0;
      }
    }
    result.pasted.push_back(left[n]);
    result.masks.push_back(std::move(mask));
  }
  return result;
}

void expect_equal_to_reference(int width, int height, CopyPasteMode mode) {
  std::vector<data::RgbImage> pictures;
  for (int i = 0; i < 4; ++i) {
    pictures.push_back(test::sample_background(width + 3 * i, height + i, i));
  }
  const CutOutClass one = discs("kiwi", 5);
  CopyPasteOptions options;
  options.seed = 7;
  options.mode = mode;
  const CopyPaste source({one}, make_backgrounds(pictures), options);
  std::size_t dropped = 0;
  for (std::int64_t i = 0; i < 100; ++i) {
    const CopyPasteImage made = source.compose(0, i);
    const Reference expected = reference(pictures, one, 7, static_cast<std::uint64_t>(i));
    ASSERT_EQ(made.image.pixels, expected.pixels) << i;
    ASSERT_EQ(made.instances.size(), expected.pasted.size()) << i;
    for (std::size_t n = 0; n < made.instances.size(); ++n) {
      ASSERT_EQ(made.instances[n].cut_out, expected.pasted[n]) << i;
      ASSERT_EQ(data::decode_rle(made.instances[n].mask), expected.masks[n]) << i;
      ASSERT_TRUE(made.instances[n].box == data::rle_box(made.instances[n].mask)) << i;
    }
    ASSERT_EQ(made.dropped.size(), expected.dropped.size()) << i;
    for (std::size_t n = 0; n < made.dropped.size(); ++n) {
      ASSERT_EQ(made.dropped[n].cut_out, expected.dropped[n]) << i;
      ASSERT_EQ(made.dropped[n].reason, DropReason::kNoRoom) << i;
    }
    dropped += made.dropped.size();
  }
  // So small a picture has no room for all: otherwise this would not test dropping.
  EXPECT_EQ(dropped > 0, width < 100) << dropped;
}

TEST(CopyPaste, EqualsTheReferenceOnLargeBackgrounds) {
  expect_equal_to_reference(200, 150, CopyPasteMode::kNative);
}

TEST(CopyPaste, EqualsTheReferenceWhereRoomIsScarce) {
  expect_equal_to_reference(48, 40, CopyPasteMode::kNative);
}

TEST(CopyPaste, PublishedEqualsTheReferenceWhereCutOutsAreTooLarge) {
  expect_equal_to_reference(26, 20, CopyPasteMode::kPublished);
}

TEST(CopyPaste, PublishedIsNativeWhereEverythingFits) {
  CopyPasteOptions options;
  const CopyPaste native({discs("kiwi", 5)}, backgrounds(3, 60, 50), options);
  options.mode = CopyPasteMode::kPublished;
  const CopyPaste published({discs("kiwi", 5)}, backgrounds(3, 60, 50), options);
  for (std::int64_t i = 0; i < 50; ++i) {
    EXPECT_EQ(native.compose(0, i).image.pixels, published.compose(0, i).image.pixels);
  }
}

TEST(CopyPaste, ACutOutLargerThanABackgroundIsAnErrorNamingBoth) {
  const auto make = [](CopyPasteMode mode) {
    CopyPasteOptions options;
    options.mode = mode;
    return CopyPaste({discs("kiwi", 1, 10), discs("orange", 3, 20)}, backgrounds(3, 40, 24),
                     options);
  };
  // Disc 2 is 28 px, the first two backgrounds 24 and 25 px high.
  for (const char* part : {"orange/2 (28 x 28 px)", "background 00000 (40 x 24 px)",
                           "3 of 3 backgrounds", "mode published"}) {
    EXPECT_ERSATZ_ERROR(make(CopyPasteMode::kNative), ExitCode::kUsage, part);
  }
  EXPECT_NO_THROW(make(CopyPasteMode::kPublished));
  EXPECT_NO_THROW(make(CopyPasteMode::kVaried));
}

TEST(CopyPaste, TheNumberOfCutOutsIsUniformAndTheyDiffer) {
  const CopyPaste source({discs("kiwi", 5, 4)}, backgrounds(2, 400, 300), {});
  constexpr int kImages = 5000;
  std::vector<int> sizes(6, 0), used(5, 0), seen(2, 0);
  for (std::int64_t i = 0; i < kImages; ++i) {
    const CopyPasteImage made = source.compose(0, i);
    ASSERT_TRUE(made.dropped.empty());
    std::set<std::size_t> different;
    for (const PastedCutOut& pasted : made.instances) {
      different.insert(pasted.cut_out);
      ++used[pasted.cut_out];
    }
    ASSERT_EQ(different.size(), made.instances.size());
    ++sizes[made.instances.size()];
    ++seen[made.background];
    ASSERT_EQ(source.background_of(0, i), made.background);
  }
  EXPECT_EQ(sizes[0], 0);
  double chi_squared = 0;
  for (int k = 1; k <= 5; ++k) {
    const double expected = kImages / 5.0;
    chi_squared += std::pow(sizes[static_cast<std::size_t>(k)] - expected, 2) / expected;
  }
  EXPECT_LT(chi_squared, 18.5);  // 99.9 %, 4 degrees of freedom
  for (const int count : used) EXPECT_NEAR(count, 3 * kImages / 5, 200);
  for (const int count : seen) EXPECT_NEAR(count, kImages / 2, 150);
}

TEST(CopyPaste, TheMostPerImageCanBeSet) {
  CopyPasteOptions options;
  options.max_per_image = 2;
  const CopyPaste source({discs("kiwi", 5, 4)}, backgrounds(2, 400, 300), options);
  std::set<std::size_t> sizes;
  for (std::int64_t i = 0; i < 100; ++i) sizes.insert(source.compose(0, i).instances.size());
  EXPECT_THAT(sizes, ::testing::ElementsAre(1u, 2u));
}

TEST(CopyPaste, BoxesNeverMeet) {
  for (const CopyPasteMode mode : {CopyPasteMode::kNative, CopyPasteMode::kVaried}) {
    CopyPasteOptions options;
    options.mode = mode;
    const CopyPaste source({discs("kiwi", 5)}, backgrounds(3, 64, 48), options);
    for (std::int64_t i = 0; i < 200; ++i) {
      const CopyPasteImage made = source.compose(0, i);
      for (std::size_t a = 0; a < made.instances.size(); ++a) {
        const PixelBox& one = made.instances[a].pasted;
        EXPECT_GE(one.x, 0);
        EXPECT_GE(one.y, 0);
        EXPECT_LE(one.x + one.width, made.image.width);
        EXPECT_LE(one.y + one.height, made.image.height);
        for (std::size_t b = 0; b < a; ++b) {
          const PixelBox& other = made.instances[b].pasted;
          const bool apart = one.x > other.x + other.width || other.x > one.x + one.width ||
                             one.y > other.y + other.height || other.y > one.y + one.height;
          EXPECT_TRUE(apart) << i;
        }
      }
    }
  }
}

TEST(CopyPaste, AnImageDependsOnSeedClassAndIndexOnly) {
  CopyPasteOptions options;
  const CopyPaste both({discs("kiwi", 3), discs("orange", 4)}, backgrounds(3, 90, 60), options);
  const CopyPaste alone({discs("orange", 4)}, backgrounds(3, 90, 60), options);
  EXPECT_EQ(both.compose(1, 5).image.pixels, alone.compose(0, 5).image.pixels);
  EXPECT_NE(both.compose(1, 5).image.pixels, both.compose(1, 6).image.pixels);
  options.seed = 1;
  const CopyPaste reseeded({discs("orange", 4)}, backgrounds(3, 90, 60), options);
  EXPECT_NE(reseeded.compose(0, 5).image.pixels, alone.compose(0, 5).image.pixels);
}

TEST(CopyPaste, ManyThreadsMakeTheSameImages) {
  for (const CopyPasteMode mode : {CopyPasteMode::kNative, CopyPasteMode::kVaried}) {
    CopyPasteOptions options;
    options.mode = mode;
    const CopyPaste source({discs("kiwi", 4)}, backgrounds(5, 90, 60), options);
    std::vector<std::vector<std::uint8_t>> made(60);
    data::for_each_block(60, 1, 8, [&](std::int64_t begin, std::int64_t) {
      made[static_cast<std::size_t>(begin)] = source.compose(0, begin).image.pixels;
    });
    for (std::size_t i = 0; i < made.size(); ++i) {
      ASSERT_EQ(made[i], source.compose(0, static_cast<std::int64_t>(i)).image.pixels) << i;
    }
  }
}

TEST(CopyPaste, VariedCutOutsShrinkUntilTheyFit) {
  CopyPasteOptions options;
  options.mode = CopyPasteMode::kVaried;
  options.variation.scale_low = options.variation.scale_high = 6;
  const CopyPaste source({discs("kiwi", 2, 40)}, backgrounds(2, 50, 30), options);
  for (std::int64_t i = 0; i < 20; ++i) {
    const CopyPasteImage made = source.compose(0, i);
    ASSERT_FALSE(made.instances.empty());
    for (const PastedCutOut& pasted : made.instances) {
      EXPECT_LT(pasted.variation.scale, 1);
      EXPECT_LE(pasted.pasted.height, made.image.height);
      EXPECT_GE(pasted.pasted.height, 20);  // no smaller than needed
    }
  }
}

TEST(CopyPaste, VariedMasksFollowThePixels) {
  CopyPasteOptions options;
  options.mode = CopyPasteMode::kVaried;
  options.variation.feather = 0;
  options.variation.brightness = options.variation.contrast = 0;
  options.variation.saturation = options.variation.hue = 0;
  // Bright blocks on black: what changed is what was pasted.
  CutOutClass one{"block", {}};
  data::RgbaImage block = test::sample_block(30, 20);
  for (std::size_t i = 0; i < block.pixels.size(); ++i) block.pixels[i] = 255;
  one.cut_outs.push_back(make_cut_out("a", block));
  data::RgbImage black{160, 120, std::vector<std::uint8_t>(160 * 120 * 3, 0)};
  const CopyPaste source({one}, make_backgrounds({black}), options);
  std::set<double> scales;
  for (std::int64_t i = 0; i < 40; ++i) {
    const CopyPasteImage made = source.compose(0, i);
    ASSERT_EQ(made.instances.size(), 1u);
    const std::vector<std::uint8_t> mask = data::decode_rle(made.instances[0].mask);
    for (std::size_t p = 0; p < mask.size(); ++p) {
      ASSERT_EQ(mask[p] != 0, made.image.pixels[3 * p] >= 128) << i;
    }
    const Variation& variation = made.instances[0].variation;
    EXPECT_NEAR(static_cast<double>(data::rle_area(made.instances[0].mask)),
                600 * variation.scale * variation.scale, 60 * variation.scale);
    scales.insert(variation.scale);
  }
  EXPECT_EQ(scales.size(), 40u);
  EXPECT_LT(*scales.begin(), 0.7);
  EXPECT_GT(*scales.rbegin(), 1.3);
}

TEST(CopyPaste, ImpossibleSettingsAreRefused) {
  const auto make = [](std::vector<CutOutClass> classes, const CopyPasteOptions& options) {
    return CopyPaste(std::move(classes), backgrounds(1, 60, 60), options);
  };
  EXPECT_ERSATZ_ERROR(make({}, {}), ExitCode::kMissing, "no class");
  EXPECT_ERSATZ_ERROR(make({discs("a", 1), CutOutClass{"b", {}}}, {}), ExitCode::kMissing, "'b'");
  EXPECT_ERSATZ_ERROR(make({discs("a", 1), discs("a", 1)}, {}), ExitCode::kUsage, "twice");
  CopyPasteOptions options;
  options.max_per_image = -1;
  EXPECT_ERSATZ_ERROR(make({discs("a", 1)}, options), ExitCode::kUsage, "-1");
  options = {};
  options.mode = CopyPasteMode::kVaried;
  options.variation.scale_low = 2;
  options.variation.scale_high = 1;
  EXPECT_ERSATZ_ERROR(make({discs("a", 1)}, options), ExitCode::kUsage, "scale 1");
  EXPECT_ERSATZ_ERROR(parse_copy_paste_mode("publised"), ExitCode::kUsage, "published");
  for (const char* name : {"native", "published", "roboflow"}) {
    EXPECT_EQ(copy_paste_mode_name(parse_copy_paste_mode(name)), name);
  }
}

}  // namespace
}  // namespace ersatz::generate
