// Batches of pictures as networks take them, from an endless supply.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include "compute/ranks/ordered_sum.h"
#include "data/captioned_image.h"

namespace ersatz::train {

struct ImageBatch {
  torch::Tensor images;               // float32 [B, 3, S, S] in [-1, 1], channels-last
  std::vector<std::string> captions;  // B
};

class ImageBatches {
 public:
  // Squares of `side` px are cut from larger pictures, at a place that depends on (seed, index)
  // only. `own`: which of a batch's pictures at() makes; all by default.
  ImageBatches(data::CaptionedImages supply, std::int64_t side, std::int64_t batch_size,
               std::uint64_t seed, const c10::Device& device,
               std::optional<compute::PartRange> own = {});

  // Of pictures step * batch_size .. (step + 1) * batch_size - 1 the own ones, made on all threads
  // and brought to the device. For a device other than the CPU the next batch is made meanwhile. Error::usage
  // naming a picture that is smaller than the square, or of no size at all; also what the supply
  // throws.
  ImageBatch at(std::int64_t step);

  // Pictures first .. first + count - 1, on the CPU.
  ImageBatch pictures(std::int64_t first, std::int64_t count) const;

 private:
  ImageBatch make(std::int64_t step) const {
    return pictures(step * batch_size_ + own_.first, own_.count);
  }

  data::CaptionedImages supply_;
  std::int64_t side_, batch_size_;
  std::uint64_t seed_;
  c10::Device device_;
  compute::PartRange own_;
  std::int64_t next_step_ = -1;  // what next_ is
  std::future<ImageBatch> next_;
};

}  // namespace ersatz::train
