// Digits that look handwritten, drawn on the spot: the stand-in for MNIST where nothing may be
// downloaded (profiles `mini` and `smoke`).
//
// A writer (slant, aspect, pen, roundness, ...) writes one of the usual forms of a digit with
// jittered control points; the ink then goes through MNIST's own normalisation. Results obtained
// with these images say nothing about real handwriting; the report states that they were used.
#pragma once

#include <cstdint>

#include "data/labelled_images.h"

namespace ersatz::data {

// Images first_index .. first_index + count - 1 of the endless set `seed`: 28x28, 0 = background,
// 255 = ink, label uniform in 0..9. Image k depends on (seed, k) only, whatever the chunking or
// the number of threads (<= 0: one per processor). Throws Error::usage when a number is negative.
LabelledImages draw_stroke_digits(std::int64_t count, std::uint64_t seed,
                                  std::int64_t first_index = 0, int threads = 0);

}  // namespace ersatz::data
