#include "peak.h"

#include <chrono>
#include <cstdint>
#include <cstring>

#include "compute/vector_isa.h"

namespace {

#define ERSATZ_LANES_FILE "peak_lanes.h"
#include "compute/for_each_isa.h"

}  // namespace

double one_thread_peak(double seconds) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  double best = 0;
  volatile float sink = 0;
  while (Clock::now() < end) {
    std::int64_t operations = 0;
    const auto begin = Clock::now();
    sink = ERSATZ_DISPATCH(multiply_adds, 100'000, operations);
    const double rate = static_cast<double>(operations) /
                        std::chrono::duration<double>(Clock::now() - begin).count();
    best = rate > best ? rate : best;
  }
  static_cast<void>(sink);
  return best;
}
