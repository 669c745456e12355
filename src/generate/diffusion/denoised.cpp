#include "generate/diffusion/denoised.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace ersatz::generate {
namespace {

// How much of `clean` and `noise` (one number each) is in the sample that enters `call`.
double mixed(const Scheduler& scheduler, double clean, double noise, std::int64_t call) {
  const auto number = [](double value) { return torch::full({1, 1, 1, 1}, value); };
  return scheduler.add_noise(number(clean), number(noise), call).item<double>();
}

}  // namespace

torch::Tensor denoised_latents(const Scheduler& scheduler, Prediction prediction,
                               const torch::Tensor& sample, const torch::Tensor& output,
                               std::int64_t call) {
  if (prediction == Prediction::kSample) return output;
  // Kept away from 0, where (zero terminal SNR) the sample says nothing about the picture.
  const double a = std::max(mixed(scheduler, 1, 0, call), 1e-4);
  const double s = mixed(scheduler, 0, 1, call);
  if (prediction == Prediction::kEpsilon) return (sample - output * s) / a;
  // Velocities are defined for a^2 + s^2 = 1.
  const double norm = std::hypot(a, s);
  return (sample * (a / norm) - output * s) / norm;
}

}  // namespace ersatz::generate
