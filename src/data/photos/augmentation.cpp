#include "data/photos/augmentation.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "data/photos/gaussian_blur.h"
#include "data/photos/rotate.h"

namespace ersatz::data {
namespace {

double between(double low, double high, core::Stream& random) {
  return low + (high - low) * random.uniform_double();
}

bool is_probability(double p) { return p >= 0 && p <= 1; }

}  // namespace

Augmentation no_augmentation() {
  Augmentation none;
  none.rotation = none.horizontal_flip = none.vertical_flip = 0;
  none.blur = false;
  return none;
}

AugmentationDraw draw_augmentation(const Augmentation& augmentation, core::Stream& random) {
  AugmentationDraw draw;
  if (augmentation.rotation > 0) {
    draw.degrees = between(-augmentation.rotation, augmentation.rotation, random);
  }
  draw.horizontal_flip = random.uniform_double() < augmentation.horizontal_flip;
  draw.vertical_flip = random.uniform_double() < augmentation.vertical_flip;
  if (augmentation.blur) {
    draw.sigma = between(augmentation.blur_sigma_min, augmentation.blur_sigma_max, random);
  }
  return draw;
}

AugmentationDraw draw_augmentation(const Augmentation& augmentation, std::uint64_t seed,
                                   std::int64_t epoch, std::int64_t sample) {
  const auto index = static_cast<std::uint64_t>(epoch) << 32 | static_cast<std::uint64_t>(sample);
  core::Stream random(seed, "photos/augmentation", index);
  return draw_augmentation(augmentation, random);
}

void augment(const AugmentationDraw& draw, const Augmentation& augmentation, int side,
             const std::uint8_t* in, std::uint8_t* out, std::vector<std::uint8_t>& scratch) {
  const std::size_t bytes =
      std::size_t{3} * static_cast<std::size_t>(side) * static_cast<std::size_t>(side);
  const Orientation orientation{draw.degrees, draw.horizontal_flip, draw.vertical_flip};
  const BlurKernel kernel(augmentation.blur_width, augmentation.blur_height, draw.sigma);
  if (kernel.changes_nothing()) {
    rotate_nearest(orientation, side, in, out);
    return;
  }
  scratch.resize(bytes);
  rotate_nearest(orientation, side, in, scratch.data());
  gaussian_blur(kernel, side, scratch.data(), out);
}

core::Json describe(const Augmentation& augmentation) {
  core::Json text = {{"rotation", augmentation.rotation},
                     {"horizontal_flip", augmentation.horizontal_flip},
                     {"vertical_flip", augmentation.vertical_flip},
                     {"blur", augmentation.blur}};
  if (augmentation.blur) {
    text["blur_kernel"] = fmt::format("{}x{}", augmentation.blur_width, augmentation.blur_height);
    text["blur_sigma"] =
        fmt::format("{}..{}", augmentation.blur_sigma_min, augmentation.blur_sigma_max);
  }
  return text;
}

void check(const Augmentation& augmentation) {
  if (!(augmentation.rotation >= 0 && augmentation.rotation <= 180)) {
    throw core::Error::usage(fmt::format(
        "a random rotation by up to {} degrees; 0 to 180 make sense", augmentation.rotation));
  }
  if (!is_probability(augmentation.horizontal_flip) ||
      !is_probability(augmentation.vertical_flip)) {
    throw core::Error::usage("the probability of a flip lies between 0 and 1");
  }
  const auto odd = [](int taps) { return taps >= 1 && taps <= 99 && taps % 2 == 1; };
  if (augmentation.blur && (!odd(augmentation.blur_width) || !odd(augmentation.blur_height) ||
                            !(augmentation.blur_sigma_min > 0) ||
                            !(augmentation.blur_sigma_max >= augmentation.blur_sigma_min))) {
    throw core::Error::usage(
        "a blur needs odd kernel sizes up to 99 and sigmas above 0, the smaller first");
  }
}

}  // namespace ersatz::data
