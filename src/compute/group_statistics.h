// What group normalisation and its gradient share: the walk over channels-last images in blocks of
// rows, statistics of groups, and the affine map of each channel.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace ersatz::compute {

// The pixels of a [B, C, H, W] batch in memory order [B, H, W, C], cut into blocks of at most
// kMomentRows that never span images. The cuts do not depend on the number of threads, and neither
// do sums that are formed block by block.
struct ImageBlocks {
  explicit ImageBlocks(const torch::Tensor& x);

  std::int64_t batch, channels, pixels;  // pixels: of one image

  std::int64_t per_image() const;
  std::int64_t count() const { return batch * per_image(); }

  // `at`: index of the block's first number; `rows`: its pixels.
  using Visit = std::function<void(std::int64_t block, std::int64_t image, std::int64_t at,
                                   std::int64_t rows)>;
  // Visits all blocks, on several threads where that is worth it.
  void for_each(const Visit& visit) const;
};

// Of every image and group, [B, groups].
struct GroupStatistics {
  std::vector<double> mean, inverse_deviation;  // 1 / sqrt(variance + epsilon)
};

GroupStatistics group_statistics(const ImageBlocks& blocks, const float* x, std::int64_t groups,
                                 double epsilon);

// The normalisation as (x - mean) * scale + shift with one of each per image and channel, [B, C].
struct ChannelAffine {
  ChannelAffine(const ImageBlocks& blocks, const GroupStatistics& statistics, const float* weight,
                const float* bias);
  std::vector<float> mean, scale, shift;
};

// y = (x - mean) * scale + shift, then SiLU when `silu`; y may be x.
void normalise(const ImageBlocks& blocks, const ChannelAffine& affine, const float* x, bool silu,
               float* y);

}  // namespace ersatz::compute
