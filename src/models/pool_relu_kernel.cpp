#include "models/pool_relu_kernel.h"

#include <cstring>

#include "compute/vector_isa.h"

namespace ersatz::models {

namespace {

#define ERSATZ_LANES_FILE "models/pool_relu_lanes.h"
#include "compute/for_each_isa.h"

}  // namespace

void pool_relu_forward(const float* input, float* output, std::uint8_t* winner,
                       const PoolShape& shape) {
  ERSATZ_DISPATCH(pool_relu_forward, input, output, winner, shape);
}

void pool_relu_backward(const float* output_gradient, const std::uint8_t* winner,
                        float* input_gradient, const PoolShape& shape) {
  ERSATZ_DISPATCH(pool_relu_backward, output_gradient, winner, input_gradient, shape);
}

}  // namespace ersatz::models
