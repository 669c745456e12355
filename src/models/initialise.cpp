#include "models/initialise.h"

#include <torch/types.h>

#include <cmath>

#include "compute/random_rows.h"
#include "core/error.h"

namespace ersatz::models {

namespace {

std::vector<std::int64_t> without_first(const std::vector<std::int64_t>& shape) {
  return {shape.begin() + 1, shape.end()};
}

}  // namespace

torch::Tensor normal_weights(const std::vector<std::int64_t>& shape, double deviation,
                             std::uint64_t seed, std::string_view name) {
  return compute::normal_rows(shape.at(0), without_first(shape), seed, name).mul_(deviation);
}

torch::Tensor uniform_weights(const std::vector<std::int64_t>& shape, double bound,
                              std::uint64_t seed, std::string_view name) {
  const auto limit = static_cast<float>(bound);
  return compute::uniform_rows(shape.at(0), without_first(shape), -limit, limit, seed, name);
}

torch::Tensor glorot_weights(const std::vector<std::int64_t>& shape, std::uint64_t seed,
                             std::string_view name) {
  if (shape.size() < 2) throw core::Error::internal("Glorot weights need two dimensions or more");
  std::int64_t field = 1;
  for (std::size_t i = 2; i < shape.size(); ++i) field *= shape[i];
  const auto fans = static_cast<double>((shape[0] + shape[1]) * field);
  return uniform_weights(shape, std::sqrt(6.0 / fans), seed, name);
}

torch::Tensor channels_last_kernel(const torch::Tensor& kernel) {
  return kernel.permute({0, 2, 3, 1}).contiguous().permute({0, 3, 1, 2});
}

}  // namespace ersatz::models
