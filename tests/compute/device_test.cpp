#include "compute/device.h"

#include <gtest/gtest.h>
#include <torch/cuda.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "compute/cuda/versions.h"
#include "compute/numerics.h"
#include "compute/threads.h"
#include "compute/torch_device.h"
#include "support/test_support.h"

namespace ersatz::compute {
namespace {

TEST(Device, CpuIsAlwaysThere) {
  EXPECT_EQ(resolve_device("cpu"), "cpu");
  EXPECT_TRUE(torch_device("cpu").is_cpu());
}

TEST(Device, AutoPrefersCuda) {
  EXPECT_EQ(resolve_device("auto"), torch::cuda::is_available() ? "cuda:0" : "cpu");
}

TEST(Device, RefusesCudaWhereThereIsNone) {
  if (torch::cuda::is_available()) GTEST_SKIP() << "this machine has CUDA";
  EXPECT_ERSATZ_ERROR(resolve_device("cuda"), core::ExitCode::kUsage, "use 'cpu' or 'auto'");
  EXPECT_ERSATZ_ERROR(resolve_device("cuda:1"), core::ExitCode::kUsage, "no CUDA here");
}

TEST(Device, RefusesOtherTexts) {
  for (const char* text : {"", "gpu", "CPU", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "cpu:0"}) {
    EXPECT_ERSATZ_ERROR(resolve_device(text), core::ExitCode::kUsage, "auto, cpu, cuda, cuda:N");
  }
}

TEST(CudaVersions, AreTakenFromLibtorchsLines) {
  EXPECT_EQ(cuda::versions(
                "  - CUDA Runtime 13.0\n  - NVCC architecture flags: -gencode;arch=compute_90\n"
                "  - CuDNN 91.9  (built against CUDA 13.1)\n  - Magma 2.6.1\n"),
            "CUDA Runtime 13.0, CuDNN 91.9");
  EXPECT_EQ(cuda::versions("  - CuDNN 8.9.2\n"), "CuDNN 8.9.2");
  EXPECT_EQ(cuda::versions("nothing of the kind"), "");
}

TEST(Threads, SetsWhatIsAskedFor) {
  EXPECT_EQ(use_threads(1), 1);
  EXPECT_EQ(at::get_num_threads(), 1);
  EXPECT_GE(use_threads(), 1);
}

TEST(Numerics, NamesLibraryAndThreads) {
  use_threads(1);
  const std::string text = numerics_description("cpu");
  EXPECT_EQ(text.rfind("cpu libtorch-" + libtorch_version() + " threads=1 blas=", 0), 0U) << text;
  use_threads();
}

}  // namespace
}  // namespace ersatz::compute
