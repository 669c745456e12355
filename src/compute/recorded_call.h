// A function whose kernel launches are recorded once and then replayed in one launch: a CUDA graph.
//
// A UNet is more than a thousand launches, each of which costs the processor more time than the
// kernel takes on a fast GPU.
#pragma once

#include <torch/types.h>

#include <functional>
#include <memory>

namespace ersatz::compute {

class RecordedCall {
 public:
  // Whether calls can be recorded on `device`: CUDA, in a build against a libtorch with CUDA.
  static bool possible(const c10::Device& device);

  // Records `body`, which must have run before with the same shapes (libraries choose their
  // kernels then), reads the same memory at every call, and neither waits for the device nor
  // depends on values on it. What it returns keeps its place in memory. Not `possible`:
  // Error::internal; what cannot be recorded throws c10::Error.
  static std::unique_ptr<RecordedCall> record(const c10::Device& device,
                                              const std::function<torch::Tensor()>& body);

  virtual ~RecordedCall() = default;

  // Repeats the launches on the current stream. The result is overwritten by the next replay.
  virtual torch::Tensor replay() = 0;
};

}  // namespace ersatz::compute
