// Random changes of a training photo, as torchvision makes them on PIL pictures.
#pragma once

#include <cstdint>
#include <vector>

#include "core/json.h"
#include "core/philox.h"

namespace ersatz::data {

// In this order: RandomRotation, RandomHorizontalFlip, RandomVerticalFlip, GaussianBlur. The
// defaults are the recipe of the fruit article (dataset-gen, utils.py).
struct Augmentation {
  double rotation = 30;                 // degrees, uniform in [-rotation, rotation]; 0: none
  double horizontal_flip = 0.5;         // probability
  double vertical_flip = 0.5;           // probability
  bool blur = true;                     // always applied when true
  int blur_width = 5, blur_height = 9;  // taps, odd
  double blur_sigma_min = 0.05, blur_sigma_max = 0.3;  // px, uniform
};

// No change at all.
Augmentation no_augmentation();

// What happens to one photo.
struct AugmentationDraw {
  double degrees = 0;  // counter-clockwise
  bool horizontal_flip = false, vertical_flip = false;
  double sigma = 0;  // of the blur; 0: none
};

AugmentationDraw draw_augmentation(const Augmentation& augmentation, core::Stream& random);

// The draw of `sample` in `epoch`: depends on nothing else.
AugmentationDraw draw_augmentation(const Augmentation& augmentation, std::uint64_t seed,
                                   std::int64_t epoch, std::int64_t sample);

// Applies a draw to a square photo, uint8 [side, side, 3]. `out` must not overlap `in`; `scratch`
// is kept from call to call. Rotation and blur: the bytes of rotate_nearest and gaussian_blur.
void augment(const AugmentationDraw& draw, const Augmentation& augmentation, int side,
             const std::uint8_t* in, std::uint8_t* out, std::vector<std::uint8_t>& scratch);

// For provenance and checkpoints: everything above by name.
core::Json describe(const Augmentation& augmentation);

// Error::usage when a probability, angle, size or sigma makes no sense.
void check(const Augmentation& augmentation);

}  // namespace ersatz::data
