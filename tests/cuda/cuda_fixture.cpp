#include "cuda/cuda_fixture.h"

#include <torch/cuda.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <limits>

namespace ersatz::test {

void Cuda::SetUp() {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "no CUDA on this machine";
  had_tf32_ = at::globalContext().allowTF32CuDNN();
  at::globalContext().setAllowTF32CuDNN(false);
}

void Cuda::TearDown() { at::globalContext().setAllowTF32CuDNN(had_tf32_); }

double relative_difference(const torch::Tensor& a, const torch::Tensor& b) {
  const torch::Tensor x = a.detach().cpu().to(torch::kFloat64);
  const torch::Tensor y = b.detach().cpu().to(torch::kFloat64);
  const double difference = (x - y).norm().item<double>() / y.norm().item<double>();
  return torch::isfinite(x).all().item<bool>() ? difference
                                               : std::numeric_limits<double>::infinity();
}

void move_to(torch::nn::Module& module, const c10::Device& device, c10::ScalarType type) {
  const torch::NoGradGuard no_grad;
  for (torch::Tensor& parameter : module.parameters()) {
    const auto format =
        parameter.dim() == 4 ? torch::MemoryFormat::ChannelsLast : torch::MemoryFormat::Contiguous;
    parameter.set_data(parameter.detach().to(device, type).contiguous(format));
  }
}

}  // namespace ersatz::test
