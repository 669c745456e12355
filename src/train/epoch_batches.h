// Batches as PyTorch's DataLoader(shuffle=True) makes them: every epoch visits each sample once,
// and its last batch may be smaller. (train/epoch_sampler.h lets batches span epochs instead.)
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ersatz::train {

class EpochBatches {
 public:
  // `size` samples and `batch_size`, both >= 1 (Error::usage). The order of an epoch depends only
  // on (seed, stream, epoch).
  EpochBatches(std::int64_t size, std::int64_t batch_size, std::uint64_t seed, std::string stream);

  std::int64_t steps_per_epoch() const { return (size_ + batch_size_ - 1) / batch_size_; }
  std::int64_t epoch_of(std::int64_t step) const { return step / steps_per_epoch(); }

  // The samples of step `step`, counted over all epochs.
  std::vector<std::int64_t> batch(std::int64_t step);

 private:
  std::int64_t size_, batch_size_;
  std::uint64_t seed_;
  std::string stream_;
  std::int64_t epoch_ = -1;  // whose permutation is held
  std::vector<std::int64_t> order_;
};

}  // namespace ersatz::train
