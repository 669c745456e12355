// The loop of bench/peak.cpp, compiled once per instruction set (compute/vector_isa.h).
#include "compute/float_lanes.h"

// `steps` multiply-adds in each of kChains independent vectors; the result keeps the work alive.
inline float multiply_adds(std::int64_t steps, std::int64_t& operations) {
  constexpr int kChains = 12;
  Floats sum[kChains];
  for (int c = 0; c < kChains; ++c) sum[c] = fill(static_cast<float>(c));
  const Floats factor = fill(0.999F), term = fill(0.001F);
  for (std::int64_t i = 0; i < steps; ++i) {
    for (int c = 0; c < kChains; ++c) sum[c] = sum[c] * factor + term;
  }
  Floats total = {};
  for (int c = 0; c < kChains; ++c) total += sum[c];
  operations = 2 * kChains * kLanes * steps;
  float lane[kLanes];
  std::memcpy(lane, &total, sizeof lane);
  return lane[0];
}
