#include "compute/recorded_call.h"

#include "core/error.h"

#ifdef ERSATZ_WITH_CUDA
#include <ATen/cuda/CUDAGraph.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/StreamGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/cuda.h>
#endif

namespace ersatz::compute {

#ifdef ERSATZ_WITH_CUDA

namespace {

class CudaGraphCall final : public RecordedCall {
 public:
  CudaGraphCall(const c10::Device& device, const std::function<torch::Tensor()>& body) {
    const c10::DeviceGuard on_device(device);
    torch::cuda::synchronize(device.index());
    // The default stream cannot be recorded. Other threads may allocate meanwhile.
    const c10::StreamGuard guard(c10::cuda::getStreamFromPool(false, device.index()).unwrap());
    graph_.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
    try {
      result_ = body();
    } catch (...) {
      try {
        graph_.capture_end();
      } catch (const c10::Error&) {  // the first error says why
      }
      throw;
    }
    graph_.capture_end();
    torch::cuda::synchronize(device.index());
  }

  torch::Tensor replay() override {
    graph_.replay();
    return result_;
  }

 private:
  at::cuda::CUDAGraph graph_;
  torch::Tensor result_;
};

}  // namespace

bool RecordedCall::possible(const c10::Device& device) { return device.is_cuda(); }

std::unique_ptr<RecordedCall> RecordedCall::record(const c10::Device& device,
                                                   const std::function<torch::Tensor()>& body) {
  if (!possible(device)) throw core::Error::internal("recording calls on " + device.str());
  return std::make_unique<CudaGraphCall>(device, body);
}

#else

bool RecordedCall::possible(const c10::Device&) { return false; }

std::unique_ptr<RecordedCall> RecordedCall::record(const c10::Device& device,
                                                   const std::function<torch::Tensor()>&) {
  throw core::Error::internal("recording calls on " + device.str());
}

#endif

}  // namespace ersatz::compute
