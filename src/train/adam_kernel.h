// One Adam update in a single pass over memory.
#pragma once

#include <cstdint>

namespace ersatz::train {

struct AdamStep {
  float beta1 = 0.9F;
  float beta2 = 0.999F;
  float epsilon = 1e-8F;
  float step_size = 0;                // learning rate / (1 - beta1^t)
  float inverse_root_correction = 1;  // 1 / sqrt(1 - beta2^t)
  float weight_decay = 0;             // added to the gradient times the parameter
  float gradient_scale = 1;           // from clipping
};

// Updates `size` parameters and their first and second moments.
void adam_update(float* parameter, const float* gradient, float* first_moment, float* second_moment,
                 std::int64_t size, const AdamStep& step);

// Sum of squares of `size` numbers, in double precision and a fixed order.
double sum_of_squares(const float* values, std::int64_t size);

}  // namespace ersatz::train
