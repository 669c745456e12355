#include "train/epoch_batches.h"

#include <algorithm>

#include "core/error.h"
#include "core/philox.h"

namespace ersatz::train {

EpochBatches::EpochBatches(std::int64_t size, std::int64_t batch_size, std::uint64_t seed,
                           std::string stream)
    : size_(size), batch_size_(batch_size), seed_(seed), stream_(std::move(stream)) {
  if (size < 1) throw core::Error::usage("there are no images to train on");
  if (batch_size < 1) throw core::Error::usage("a batch needs at least one image");
}

std::vector<std::int64_t> EpochBatches::batch(std::int64_t step) {
  const std::int64_t epoch = epoch_of(step);
  if (epoch != epoch_) {
    epoch_ = epoch;
    order_ =
        core::permutation(size_, core::Stream(seed_, stream_, static_cast<std::uint64_t>(epoch)));
  }
  const std::int64_t first = step % steps_per_epoch() * batch_size_;
  return {order_.begin() + first, order_.begin() + std::min(first + batch_size_, size_)};
}

}  // namespace ersatz::train
