#include "data/digits/writer_style.h"

#include <algorithm>
#include <cmath>

namespace ersatz::data {
namespace {

constexpr float kPi = 3.14159265F;

float spread(core::Stream& random, float mean, float deviation, float lowest, float highest) {
  return std::clamp(mean + deviation * random.normal(), lowest, highest);
}

float factor(core::Stream& random, float deviation) {
  return std::exp(std::clamp(deviation * random.normal(), -2.5F * deviation, 2.5F * deviation));
}

}  // namespace

// Means and spreads were set so that line width, grey levels and nearest-neighbour difficulty of
// the normalised images agree with MNIST (tests/data/digits/stroke_digits_test.cpp).
WriterStyle draw_writer_style(core::Stream& random) {
  WriterStyle style{};
  style.slant = spread(random, 0.22F, 0.21F, -0.40F, 0.80F);
  style.rotation = spread(random, 0.0F, 0.10F, -0.3F, 0.3F);
  style.aspect = 1.12F * factor(random, 0.22F);
  style.balance = factor(random, 0.18F);
  style.bend = spread(random, 0.0F, 0.06F, -0.15F, 0.15F);
  style.corner_roundness = random.uniform(0.04F, 0.4F);
  style.shape_jitter = random.uniform(0.015F, 0.055F);
  style.end_jitter = random.uniform(0.01F, 0.06F);
  style.tremor = random.uniform(0.0F, 0.008F);
  style.pen_radius = 0.071F * factor(random, 0.26F);
  style.pressure_swing = random.uniform(0.0F, 0.25F);
  style.pressure_phase = random.uniform(0.0F, 2 * kPi);
  style.nib_contrast = random.uniform(0.0F, 0.25F);
  style.nib_angle = random.uniform(0.0F, kPi);
  return style;
}

}  // namespace ersatz::data
