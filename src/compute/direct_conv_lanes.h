// The loops of compute/direct_conv_kernel.cpp, compiled once per instruction set
// (compute/vector_isa.h).
#include "compute/float_lanes.h"
#include "compute/product_panel_lanes.h"

inline void kernel_gradient(const ConvShape& shape, const float* x, const float* dy,
                            std::int64_t first, std::int64_t last, std::int64_t row,
                            std::int64_t column, std::int64_t input, std::int64_t output,
                            float* sum) {
  const std::int64_t inputs =
      shape.inputs - input < kConvInputs ? shape.inputs - input : kConvInputs;
  const std::int64_t outputs =
      shape.outputs - output < kConvOutputs ? shape.outputs - output : kConvOutputs;
  // Output columns whose input lies inside the picture.
  const std::int64_t shift = shape.padding - column, right = shape.width - 1 + shift;
  const std::int64_t begin = shift <= 0 ? 0 : (shift + shape.stride - 1) / shape.stride;
  if (right < 0) return;
  const std::int64_t inside = right / shape.stride + 1;
  const std::int64_t end = inside < shape.out_width ? inside : shape.out_width;
  if (begin >= end) return;
  for (std::int64_t image = first; image < last; ++image) {
    for (std::int64_t y = 0; y < shape.out_height; ++y) {
      const std::int64_t from = y * shape.stride - shape.padding + row;
      if (from < 0 || from >= shape.height) continue;
      const float* a = x +
                       ((image * shape.height + from) * shape.width + begin * shape.stride -
                        shape.padding + column) *
                           shape.pixel +
                       input;
      const float* b =
          dy + ((image * shape.out_height + y) * shape.out_width + begin) * shape.outputs + output;
      std::int64_t width = 0;
      for (std::int64_t o = 0; o < outputs; o += width) {
        width = panel_width(o, outputs);
        product(width, inputs, a, 1, shape.stride * shape.pixel, b + o, shape.outputs, end - begin,
                sum + o, outputs, true);
      }
    }
  }
}
