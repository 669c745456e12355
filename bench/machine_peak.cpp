#include "machine_peak.h"

#include <ATen/Parallel.h>

#include <mutex>

#include "compute/parallel.h"
#include "peak.h"

double measure_machine_peak() {
  double total = 0;
  std::mutex guard;
  ersatz::compute::run_tasks(at::get_num_threads(), 0, [&](std::int64_t, float*) {
    const double one = one_thread_peak(0.3);
    const std::lock_guard<std::mutex> lock(guard);
    total += one;
  });
  return total;
}

double machine_peak() {
  static const double rate = measure_machine_peak();
  return rate;
}
