#include "compute/random_rows.h"

#include <torch/types.h>

#include "compute/parallel.h"
#include "core/philox.h"

namespace ersatz::compute {

namespace {

template <typename Draw>
torch::Tensor fill_rows(std::int64_t rows, const std::vector<std::int64_t>& shape,
                        std::uint64_t seed, std::string_view stream, std::uint64_t first_row,
                        Draw draw) {
  std::vector<std::int64_t> full = {rows};
  full.insert(full.end(), shape.begin(), shape.end());
  torch::Tensor result = torch::empty(full, torch::kFloat32);
  const std::int64_t width = rows > 0 ? result.numel() / rows : 0;
  float* data = result.data_ptr<float>();
  parallel_for(rows, 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      core::Stream numbers(seed, stream, first_row + static_cast<std::uint64_t>(row));
      for (std::int64_t i = 0; i < width; ++i) data[row * width + i] = draw(numbers);
    }
  });
  return result;
}

}  // namespace

torch::Tensor uniform_rows(std::int64_t rows, const std::vector<std::int64_t>& shape, float lo,
                           float hi, std::uint64_t seed, std::string_view stream,
                           std::uint64_t first_row) {
  return fill_rows(rows, shape, seed, stream, first_row,
                   [lo, hi](core::Stream& numbers) { return numbers.uniform(lo, hi); });
}

torch::Tensor normal_rows(std::int64_t rows, const std::vector<std::int64_t>& shape,
                          std::uint64_t seed, std::string_view stream, std::uint64_t first_row) {
  return fill_rows(rows, shape, seed, stream, first_row,
                   [](core::Stream& numbers) { return numbers.normal(); });
}

}  // namespace ersatz::compute
