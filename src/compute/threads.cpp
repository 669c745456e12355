#include "compute/threads.h"

#include <torch/types.h>
#include <torch/utils.h>

#include "core/machine.h"

namespace ersatz::compute {

int use_threads(int count) {
  const int threads = count > 0 ? count : core::default_threads();
  at::set_num_threads(threads);
  return threads;
}

}  // namespace ersatz::compute
