#include "compute/group_norm.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

#include "compute/fused_kernel.h"
#include "compute/group_moments.h"
#include "compute/group_statistics.h"
#include "compute/parallel.h"

namespace ersatz::compute {

namespace {

// x, y: [batch, channels, pixels]. A group is one run of numbers, taken as rows of one cache line.
void normalise_contiguous(const torch::Tensor& x, const float* weight, const float* bias,
                          const GroupNormOptions& options, float* y) {
  const std::int64_t pixels = x.size(2) * x.size(3), groups = options.groups;
  const std::int64_t width = x.size(1) / groups, run = width * pixels;
  const float* const in = x.data_ptr<float>();
  constexpr std::int64_t kLine = 16;
  parallel_for(x.size(0) * groups, grain_for(run), [&](std::int64_t begin, std::int64_t end) {
    float scratch[2 * kLine];
    for (std::int64_t i = begin; i < end; ++i) {
      const float* from = in + i * run;
      Moments moments;
      std::int64_t at = 0;
      while (at < run) {
        const std::int64_t columns = run - at < kLine ? 1 : kLine;
        const std::int64_t rows = std::min(kMomentRows, (run - at) / columns);
        Moments part;
        group_moments(from + at, rows, columns, 1, &part, scratch);
        moments.join(part);
        at += rows * columns;
      }
      const double scale = 1.0 / std::sqrt(moments.variance() + options.epsilon);
      for (std::int64_t j = 0; j < width; ++j) {
        const std::int64_t c = i % groups * width + j;
        normalise_run(vector_isa(), from + j * pixels, y + i * run + j * pixels, pixels,
                      static_cast<float>(moments.mean),
                      static_cast<float>(static_cast<double>(weight[c]) * scale), bias[c],
                      options.silu);
      }
    }
  });
}

}  // namespace

void group_norm_forward(const torch::Tensor& x, const torch::Tensor& weight,
                        const torch::Tensor& bias, const GroupNormOptions& options,
                        torch::Tensor& y) {
  const float* w = weight.data_ptr<float>();
  const float* b = bias.data_ptr<float>();
  if (x.is_contiguous()) {
    normalise_contiguous(x, w, b, options, y.data_ptr<float>());
    return;
  }
  const ImageBlocks blocks(x);
  const float* from = x.data_ptr<float>();
  const GroupStatistics statistics =
      group_statistics(blocks, from, options.groups, options.epsilon);
  normalise(blocks, ChannelAffine(blocks, statistics, w, b), from, options.silu,
            y.data_ptr<float>());
}

}  // namespace ersatz::compute
