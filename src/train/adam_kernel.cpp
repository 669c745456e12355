#include "train/adam_kernel.h"

#include "compute/vector_isa.h"

namespace ersatz::train {

namespace {

#define ERSATZ_LANES_FILE "train/adam_lanes.h"
#include "compute/for_each_isa.h"

}  // namespace

void adam_update(float* parameter, const float* gradient, float* first_moment, float* second_moment,
                 std::int64_t size, const AdamStep& step) {
  ERSATZ_DISPATCH(adam_update, parameter, gradient, first_moment, second_moment, size, step);
}

double sum_of_squares(const float* values, std::int64_t size) {
  return ERSATZ_DISPATCH(sum_of_squares, values, size);
}

}  // namespace ersatz::train
