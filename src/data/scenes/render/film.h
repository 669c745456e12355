// From light to bytes, as a camera and the program that saved its picture do it.
#pragma once

#include <cstdint>
#include <vector>

#include "data/images/rgb_image.h"
#include "data/scenes/render/renderer.h"
#include "data/scenes/render/vec3.h"

namespace ersatz::data::scenes {

struct Film {
  // Exposure: so that a scene of mean luminance `expected` would come out at `brightness`; what is
  // darker or brighter than expected is only evened out by the share `metering`.
  float brightness = 0.22F;
  float expected = 0.4F;
  float metering = 0.35F;
  Rgb white_balance{1, 1, 1};  // gains
  float blur = 0.5F;           // sd of the lens blur in px
  float bloom = 0;             // share of very bright light that spills far
  float vignette = 0.1F;       // loss of light in the corners
  float contrast = 1;          // exponent round middle grey
  float saturation = 1;
  float veil = 0;        // light added everywhere by haze or a dirty lens
  float noise = 0.01F;   // sd at middle grey, in units of the encoded range
  float sharpening = 0;  // strength of unsharp masking after the blur
};

// `seed` draws the sensor noise.
RgbImage develop(Rendering&& rendering, const Film& film, std::uint64_t seed);

// Gaussian blur of an image of `width` x `height` px in place; sd in px, 0 does nothing.
void blur_light(std::vector<Rgb>& light, int width, int height, float sd);

}  // namespace ersatz::data::scenes
