// Tensors from the host to where they are computed with.
#pragma once

#include <c10/core/Device.h>
#include <torch/types.h>

namespace ersatz::compute {

// `x` on `device`; itself where it is there already. To a GPU through pinned memory, so that the
// host goes on at once: a copy from ordinary memory waits for all that is queued there.
torch::Tensor to_device(const torch::Tensor& x, const c10::Device& device);

}  // namespace ersatz::compute
