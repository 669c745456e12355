#include "generate/diffusion/schedulers/prediction.h"

#include <cmath>

#include "generate/diffusion/schedulers/linear_combination.h"

namespace ersatz::generate {

NoiseLevel unscaled_level(double ratio) {
  const double scale = std::sqrt(ratio * ratio + 1);
  return {1 / scale, ratio / scale, scale};
}

torch::Tensor estimate_clean(Prediction prediction, const torch::Tensor& output,
                             const torch::Tensor& sample, const NoiseLevel& level) {
  switch (prediction) {
    case Prediction::kEpsilon:
      return combine(
          {{1 / (level.scale * level.alpha), sample}, {-level.sigma / level.alpha, output}});
    case Prediction::kVelocity:
      return combine({{level.alpha / level.scale, sample}, {-level.sigma, output}});
    case Prediction::kSample:
      break;
  }
  return combine({{1, output}});
}

torch::Tensor estimate_noise(Prediction prediction, const torch::Tensor& output,
                             const torch::Tensor& sample, const NoiseLevel& level) {
  switch (prediction) {
    case Prediction::kEpsilon:
      break;
    case Prediction::kVelocity:
      return combine({{level.sigma / level.scale, sample}, {level.alpha, output}});
    case Prediction::kSample:
      return combine(
          {{1 / (level.scale * level.sigma), sample}, {-level.alpha / level.sigma, output}});
  }
  return combine({{1, output}});
}

}  // namespace ersatz::generate
