#include "generate/copy_paste/alpha_paste.h"

#include <cmath>

#include "core/digest.h"
#include "generate/copy_paste/sample_pictures.h"
#include "support/test_support.h"

namespace ersatz::generate {
namespace {

TEST(AlphaPaste, IsTheRoundedMixtureForEveryAlphaAndValue) {
  // One row of all canvas values, pasted on with every alpha and several values.
  for (int value = 0; value < 256; value += 15) {
    for (int alpha = 0; alpha < 256; ++alpha) {
      data::RgbImage canvas{256, 1, {}};
      data::RgbaImage cut_out{256, 1, {}};
      for (int i = 0; i < 256; ++i) {
        canvas.pixels.insert(canvas.pixels.end(), 3, static_cast<std::uint8_t>(i));
        cut_out.pixels.insert(cut_out.pixels.end(), 3, static_cast<std::uint8_t>(value));
        cut_out.pixels.push_back(static_cast<std::uint8_t>(alpha));
      }
      alpha_paste(canvas, cut_out, 0, 0);
      for (int i = 0; i < 256; ++i) {
        const double exact = (i * (255 - alpha) + value * alpha) / 255.0;
        for (int c = 0; c < 3; ++c) {
          ASSERT_EQ(canvas.pixels[static_cast<std::size_t>(3 * i + c)], std::lround(exact))
              << i << " " << value << " " << alpha;
        }
      }
    }
  }
}

// Pillow 9.4.0: canvas.paste(cut_out, at, mask=cut_out), then the SHA-256 of canvas.tobytes().
TEST(AlphaPaste, EqualsPillow) {
  const struct {
    int x, y;
    const char* sha256;
  } recorded[] = {{10, 8, "56f87d1d3c2b57718471456dc04f66f4ac4eb141c094983204b209e5c2b3e7f5"},
                  {-7, 30, "58ba8baa33717f5fde0dc0a4f1481a603e197818d8118215f42af639e6779870"},
                  {50, -11, "fd4a9ed20bba2e30d009b6212f350ff784c4a32d100128c012644dc5f5a5b5ec"}};
  data::RgbaImage cut_out{40, 30, {}};
  for (int y = 0; y < 30; ++y) {
    for (int x = 0; x < 40; ++x) {
      for (const int v : {11 * x + 3 * y, 255 - 6 * x, 9 * y + x, 5 * x + 9 * y * y}) {
        cut_out.pixels.push_back(static_cast<std::uint8_t>(v & 255));
      }
    }
  }
  for (const auto& one : recorded) {
    data::RgbImage canvas{64, 48, {}};
    for (int y = 0; y < 48; ++y) {
      for (int x = 0; x < 64; ++x) {
        for (const int v : {7 * x + 13 * y, 5 * x + 3 * y + 40, x * y}) {
          canvas.pixels.push_back(static_cast<std::uint8_t>(v & 255));
        }
      }
    }
    alpha_paste(canvas, cut_out, one.x, one.y);
    core::Sha256 digest;
    digest.update(canvas.pixels.data(), canvas.pixels.size());
    EXPECT_EQ(digest.hex(), one.sha256) << one.x << " " << one.y;
  }
}

TEST(AlphaPaste, OutsideOfTheCanvasNothingHappens) {
  const data::RgbImage before = test::sample_background(20, 10);
  const data::RgbaImage block = test::sample_block(8, 6);
  for (const auto& [x, y] : {std::pair(20, 0), {0, 10}, {-8, 0}, {0, -6}, {100, -100}}) {
    data::RgbImage canvas = before;
    alpha_paste(canvas, block, x, y);
    EXPECT_EQ(canvas.pixels, before.pixels) << x << " " << y;
  }
}

}  // namespace
}  // namespace ersatz::generate
