#include "compute/group_statistics.h"

#include <algorithm>
#include <cmath>

#include "compute/fused_kernel.h"
#include "compute/group_moments.h"
#include "compute/parallel.h"

namespace ersatz::compute {

ImageBlocks::ImageBlocks(const torch::Tensor& x)
    : batch(x.size(0)), channels(x.size(1)), pixels(x.size(2) * x.size(3)) {}

std::int64_t ImageBlocks::per_image() const { return (pixels + kMomentRows - 1) / kMomentRows; }

void ImageBlocks::for_each(const Visit& visit) const {
  const std::int64_t blocks = per_image();
  const std::int64_t rows = std::min(kMomentRows, pixels);
  parallel_for(count(), grain_for(rows * channels), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t image = i / blocks, first = i % blocks * kMomentRows;
      visit(i, image, (image * pixels + first) * channels, std::min(kMomentRows, pixels - first));
    }
  });
}

GroupStatistics group_statistics(const ImageBlocks& blocks, const float* x, std::int64_t groups,
                                 double epsilon) {
  std::vector<Moments> parts(static_cast<std::size_t>(blocks.count() * groups));
  blocks.for_each([&](std::int64_t block, std::int64_t, std::int64_t at, std::int64_t rows) {
    std::vector<float> scratch(static_cast<std::size_t>(2 * blocks.channels));
    group_moments(x + at, rows, blocks.channels, groups, parts.data() + block * groups,
                  scratch.data());
  });
  GroupStatistics result;
  const std::int64_t per_image = blocks.per_image();
  for (std::int64_t b = 0; b < blocks.batch; ++b) {
    for (std::int64_t g = 0; g < groups; ++g) {
      Moments moments;
      for (std::int64_t i = b * per_image; i < (b + 1) * per_image; ++i) {
        moments.join(parts[static_cast<std::size_t>(i * groups + g)]);
      }
      result.mean.push_back(moments.mean);
      result.inverse_deviation.push_back(1.0 / std::sqrt(moments.variance() + epsilon));
    }
  }
  return result;
}

ChannelAffine::ChannelAffine(const ImageBlocks& blocks, const GroupStatistics& statistics,
                             const float* weight, const float* bias) {
  const auto channels = static_cast<std::size_t>(blocks.channels);
  const std::size_t all = static_cast<std::size_t>(blocks.batch) * channels;
  const std::size_t width = all / statistics.mean.size();
  for (std::size_t i = 0; i < all; ++i) {
    mean.push_back(static_cast<float>(statistics.mean[i / width]));
    scale.push_back(static_cast<float>(static_cast<double>(weight[i % channels]) *
                                       statistics.inverse_deviation[i / width]));
    shift.push_back(bias[i % channels]);
  }
}

void normalise(const ImageBlocks& blocks, const ChannelAffine& affine, const float* x, bool silu,
               float* y) {
  blocks.for_each([&](std::int64_t, std::int64_t image, std::int64_t at, std::int64_t rows) {
    const std::int64_t c = image * blocks.channels;
    normalise_rows(vector_isa(), x + at, y + at, rows, blocks.channels, affine.mean.data() + c,
                   affine.scale.data() + c, affine.shift.data() + c, silu);
  });
}

}  // namespace ersatz::compute
