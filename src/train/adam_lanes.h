// The loops of train/adam_kernel.cpp, compiled once per instruction set (compute/vector_isa.h).

inline void adam_update(float* __restrict parameter, const float* __restrict gradient,
                        float* __restrict first_moment, float* __restrict second_moment,
                        std::int64_t size, const AdamStep& step) {
  const AdamStep s = step;
  for (std::int64_t i = 0; i < size; ++i) {
    const float g = gradient[i] * s.gradient_scale + s.weight_decay * parameter[i];
    const float m = s.beta1 * first_moment[i] + (1.0F - s.beta1) * g;
    const float v = s.beta2 * second_moment[i] + (1.0F - s.beta2) * g * g;
    first_moment[i] = m;
    second_moment[i] = v;
    parameter[i] -= s.step_size * m / (__builtin_sqrtf(v) * s.inverse_root_correction + s.epsilon);
  }
}

inline double sum_of_squares(const float* __restrict values, std::int64_t size) {
  // Sixteen partial sums fill the vector lanes; their order is fixed by the code, not by the CPU.
  double partial[16] = {};
  std::int64_t i = 0;
  for (; i + 16 <= size; i += 16) {
    for (int lane = 0; lane < 16; ++lane) {
      const double value = static_cast<double>(values[i + lane]);
      partial[lane] += value * value;
    }
  }
  double total = 0;
  for (const double sum : partial) total += sum;
  for (; i < size; ++i) total += static_cast<double>(values[i]) * static_cast<double>(values[i]);
  return total;
}
