#include "train/epoch_sampler.h"

#include "core/error.h"
#include "core/philox.h"

namespace ersatz::train {

EpochSampler::EpochSampler(std::int64_t size, std::uint64_t seed, std::string stream)
    : size_(size), seed_(seed), stream_(std::move(stream)) {
  if (size < 1) throw core::Error::usage("there are no images to train on");
}

std::vector<std::int64_t> EpochSampler::batch(std::int64_t step, std::int64_t batch_size) {
  std::vector<std::int64_t> indices;
  indices.reserve(static_cast<std::size_t>(batch_size));
  for (std::int64_t i = 0; i < batch_size; ++i) {
    const std::int64_t position = step * batch_size + i;
    if (position / size_ != epoch_) {
      epoch_ = position / size_;
      order_ = core::permutation(size_,
                                 core::Stream(seed_, stream_, static_cast<std::uint64_t>(epoch_)));
    }
    indices.push_back(order_[static_cast<std::size_t>(position % size_)]);
  }
  return indices;
}

}  // namespace ersatz::train
