#include "compute/seeding.h"

#include <torch/types.h>
#include <torch/utils.h>

#include "core/philox.h"

namespace ersatz::compute {

void seed_step(std::uint64_t seed, std::string_view stream, std::uint64_t step) {
  torch::manual_seed(core::stream_seed(seed, stream, step));
}

}  // namespace ersatz::compute
