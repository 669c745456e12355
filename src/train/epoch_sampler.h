// The order in which a training visits its images.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ersatz::train {

// Epochs follow each other without a seam: position p of the endless sequence is element p mod n of
// the permutation of epoch p / n, which depends only on (seed, stream, epoch). So a batch may span
// epochs, sets smaller than a batch work, and nothing has to be stored to resume.
class EpochSampler {
 public:
  // `size` >= 1 images.
  EpochSampler(std::int64_t size, std::uint64_t seed, std::string stream);

  // Indices of the batch of step `step`: positions step * batch_size, ...
  std::vector<std::int64_t> batch(std::int64_t step, std::int64_t batch_size);

 private:
  std::int64_t size_;
  std::uint64_t seed_;
  std::string stream_;
  std::int64_t epoch_ = -1;  // whose permutation is held
  std::vector<std::int64_t> order_;
};

}  // namespace ersatz::train
