// Counter-based random numbers: Philox4x32-10 (Salmon et al., SC'11).
//
// A stream is named by (seed, name, index): the numbers of sample k are the same whatever the batch
// size, the number of threads or ranks, and nothing has to be stored to resume.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ersatz::core {

// One block of Philox4x32-10: four 32-bit words from a 128-bit counter and a 64-bit key.
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key);

// 64-bit hash of (seed, name, index), for seeding other generators per step: stateless resume.
std::uint64_t stream_seed(std::uint64_t seed, std::string_view name, std::uint64_t index = 0);

class Stream {
 public:
  // Distinct (seed, name, index) give independent streams.
  Stream(std::uint64_t seed, std::string_view name, std::uint64_t index = 0);

  std::uint32_t next_u32();
  std::uint64_t next_u64();
  // Uniform in [0, 1), 24 bits.
  float uniform();
  // Uniform in [lo, hi).
  float uniform(float lo, float hi);
  // Uniform in [0, 1), 53 bits.
  double uniform_double();
  // Standard normal (Box-Muller).
  float normal();
  // Uniform integer in [0, n), unbiased; n >= 1.
  std::uint64_t below(std::uint64_t n);

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> block_;
  int used_ = 4;
  bool has_spare_normal_ = false;
  float spare_normal_ = 0;
};

// Fisher-Yates permutation of 0..n-1.
std::vector<std::int64_t> permutation(std::int64_t n, Stream stream);

}  // namespace ersatz::core
