// What convolution and linear layer share: dividing rows and outputs into tasks.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>

#include "compute/dense_kernel.h"

namespace ersatz::compute {

// Whether dense_forward can compute with this weight: float32, float16 or bfloat16 on the CPU.
bool dense_weight_type(const torch::Tensor& weight);

// Numbers of one task's rows: where they come from and where they go.
struct DenseRows {
  const float** sources = nullptr;  // [taps][count]
  std::int64_t* outputs = nullptr;  // [count] the row of out and residual
};

struct DenseProblem {
  std::int64_t rows = 0, taps = 1, inputs = 0, outputs = 0;
  torch::Tensor weight;  // kept alive
  std::int64_t output_stride = 0, input_stride = 1, tap_stride = 0;
  const float* residual = nullptr;  // [rows, outputs], dense; or null
  float* out = nullptr;             // [rows, outputs], dense
  // Bias of output row r: bias + r / bias_rows * outputs; null for none.
  const float* bias = nullptr;
  std::int64_t bias_rows = 1;
  // Fills in rows [first, first + count) of the order in which they are computed.
  std::function<void(std::int64_t first, std::int64_t count, const DenseRows& rows)> locate;
  // The outputs are gates: out [rows, outputs / 2] = first half * gelu(second half).
  bool geglu = false;
  bool silu = false;  // out * sigmoid(out) of the outputs; not with geglu
};

// Computes everything on libtorch's threads.
void run_dense(const DenseProblem& problem);

}  // namespace ersatz::compute
