// Memory for the large results of the CPU kernels.
//
// malloc hands every block above 32 MB back to the system when it is freed, and the next result of
// the same size is mapped, cleared and faulted in again page by page: a tenth of the time of a
// diffusion step, a fifth of decoding an image. Smaller ones it keeps, in one stretch of memory
// with gaps that the next size does not fit: twice what is in use, in the UNet of SD 1.5. Here
// blocks are kept for the next result, on huge pages where the system has them, and together with
// what is in use never exceed the largest amount that was in use at one time by more than an
// eighth, or 64 MB where that is more.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace ersatz::compute {

// An uninitialised dense float32 tensor on the CPU. Those below 1 MB come from libtorch as usual.
torch::Tensor empty_result(at::IntArrayRef sizes);

// The same as [B, C, H, W] in memory order [B, H, W, C].
torch::Tensor empty_channels_last(std::int64_t batch, std::int64_t channels, std::int64_t height,
                                  std::int64_t width);

// Uninitialised bytes, uint8 [bytes], in pages of their own: when the last tensor that sees them
// goes, they go back to the system. On huge pages where the system has them.
torch::Tensor own_pages(std::int64_t bytes);

// Whether `x` is the only tensor that sees its numbers, in memory that may be overwritten:
// libtorch's or empty_result's, not a mapped file's.
bool owned_alone(const torch::Tensor& x);

// Gives the blocks that are not in use back to the system.
void release_tensor_memory();

struct TensorMemory {
  std::int64_t in_use = 0, kept = 0, most_in_use = 0;  // bytes
};
TensorMemory tensor_memory();

}  // namespace ersatz::compute
