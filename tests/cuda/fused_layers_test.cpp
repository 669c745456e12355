// The fused kernels for GPUs against the same in float64 on the CPU.
#include "compute/cuda/fused_layers.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "compute/conv2d.h"
#include "compute/fused_layers.h"
#include "cuda/cuda_fixture.h"

namespace ersatz::compute {
namespace {

constexpr auto kLast = torch::MemoryFormat::ChannelsLast;

// |difference| / |expected| that rounding the answer alone gives, with room for the arguments'.
double tolerance_of(c10::ScalarType type) { return type == torch::kFloat16 ? 5e-4 : 4e-3; }

class CudaFusedLayers : public test::Cuda, public ::testing::WithParamInterface<c10::ScalarType> {
 protected:
  void SetUp() override {
    test::Cuda::SetUp();
    torch::manual_seed(1);
  }

  // As the type rounds them, on the device and in float64 on the CPU.
  struct Pair {
    torch::Tensor here, exact;
  };
  Pair pair(const torch::Tensor& numbers) const {
    const torch::Tensor here = numbers.to(GetParam());
    return {here.to(device_), here.to(torch::kFloat64)};
  }
  Pair map(at::IntArrayRef sizes, double mean = 0) const {
    Pair made = pair((torch::randn(sizes) + mean).contiguous(kLast));
    made.here = made.here.contiguous(kLast);
    return made;
  }
};

TEST_P(CudaFusedLayers, AreThere) {
  EXPECT_TRUE(cuda::serves(torch::ones({1}, torch::dtype(GetParam()).device(device_))))
      << "built without CUDA's headers, or NVRTC is missing";
}

// Groups whose channels lie across the eight of a thread, pixels that fill no block, and a mean far
// from zero, where the squares of the numbers lose what their differences keep.
TEST_P(CudaFusedLayers, GroupNormEqualsTheCpu) {
  const torch::NoGradGuard no_grad;
  struct Shape {
    std::int64_t batch, channels, height, width, groups;
    double mean;
  };
  for (const Shape& s : {Shape{2, 320, 64, 64, 32, 0},
                         {1, 2560, 8, 8, 32, 0},
                         {16, 960, 5, 7, 32, 1},
                         {1, 128, 200, 31, 32, 0},
                         {3, 8, 1, 1, 2, 0},
                         {2, 64, 13, 13, 8, 20}}) {
    for (const bool silu : {false, true}) {
      const Pair x = map({s.batch, s.channels, s.height, s.width}, s.mean);
      const Pair weight = pair(torch::randn({s.channels})), bias = pair(torch::randn({s.channels}));
      torch::Tensor expected =
          torch::group_norm(x.exact, s.groups, weight.exact, bias.exact, 1e-5, false);
      if (silu) expected = torch::silu(expected);
      const torch::Tensor before = x.here.clone();
      const torch::Tensor kept = group_norm(x.here, s.groups, weight.here, bias.here, 1e-5, silu);
      EXPECT_TRUE(torch::equal(x.here, before)) << "somebody else holds it";
      EXPECT_TRUE(kept.is_contiguous(kLast));
      EXPECT_LT(test::relative_difference(kept, expected), tolerance_of(GetParam()))
          << s.channels << " channels, silu " << silu;
      torch::Tensor given = x.here.clone();
      const void* memory = given.data_ptr();
      const torch::Tensor inside =
          group_norm(std::move(given), s.groups, weight.here, bias.here, 1e-5, silu);
      EXPECT_EQ(inside.data_ptr(), memory);
      EXPECT_TRUE(torch::equal(inside, kept));
    }
  }
}

TEST_P(CudaFusedLayers, LayerNormEqualsTheCpu) {
  const torch::NoGradGuard no_grad;
  for (const auto& [rows, width, mean] : {std::tuple<std::int64_t, std::int64_t, double>{5, 320, 0},
                                          {77, 768, 3},
                                          {1, 8, 0},
                                          {1000, 1280, 0},
                                          {9, 4096, 30}}) {
    const Pair x = pair(torch::randn({rows, width}) + mean);
    const Pair weight = pair(torch::randn({width})), bias = pair(torch::randn({width}));
    EXPECT_LT(test::relative_difference(
                  layer_norm(x.here, weight.here, bias.here, 1e-5),
                  torch::layer_norm(x.exact, {width}, weight.exact, bias.exact, 1e-5, false)),
              tolerance_of(GetParam()))
        << rows << " rows of " << width;
  }
}

TEST_P(CudaFusedLayers, GegluEqualsTheCpu) {
  const torch::NoGradGuard no_grad;
  for (const std::int64_t width : {8, 1280, 2560}) {
    const Pair x = pair(torch::randn({3, 37, 2 * width}) * 3);
    const auto halves = x.exact.chunk(2, -1);
    EXPECT_LT(test::relative_difference(geglu(x.here), halves[0] * torch::gelu(halves[1])),
              tolerance_of(GetParam()))
        << width;
  }
}

// With a bias of all pictures or of each, with and without what is added to it; and outputs that
// the kernels do not serve.
TEST_P(CudaFusedLayers, ConvolutionsAddTheirTerms) {
  const torch::NoGradGuard no_grad;
  for (const std::int64_t outputs : {16, 12, 3}) {
    const Pair x = map({2, 24, 9, 11});
    const Pair weight = map({outputs, 24, 3, 3});
    for (const bool residual : {false, true}) {
      for (const int of : {0, 1, 2}) {
        const Pair bias = pair(of == 2 ? torch::randn({2, outputs}) : torch::randn({outputs}));
        const Pair added = map({2, outputs, 9, 11});
        torch::Tensor expected = torch::conv2d(x.exact, weight.exact, {}, 1, 1);
        if (of > 0) expected = expected + bias.exact.reshape({of == 2 ? 2 : 1, outputs, 1, 1});
        if (residual) expected = expected + added.exact;
        Conv2dOptions options;
        options.padding = 1;
        const torch::Tensor found =
            conv2d(x.here, weight.here, of > 0 ? bias.here : torch::Tensor(), options,
                   residual ? added.here : torch::Tensor());
        EXPECT_LT(test::relative_difference(found, expected), 2 * tolerance_of(GetParam()))
            << outputs << " outputs, bias " << of << ", residual " << residual;
      }
    }
  }
}

// What is not finite stays so.
TEST_P(CudaFusedLayers, NaNIsKept) {
  const torch::NoGradGuard no_grad;
  Pair x = map({1, 16, 4, 4});
  x.here[0][3][1][1] = std::numeric_limits<double>::quiet_NaN();
  const Pair one = pair(torch::ones({16}));
  EXPECT_TRUE(torch::isnan(group_norm(x.here, 2, one.here, one.here, 1e-5))
                  .index({0, 0})
                  .all()
                  .item<bool>());
  EXPECT_FALSE(torch::isnan(group_norm(x.here, 2, one.here, one.here, 1e-5))
                   .index({0, 15})
                   .any()
                   .item<bool>());
  const torch::Tensor rows = x.here.permute({0, 2, 3, 1}).contiguous();
  EXPECT_TRUE(torch::isnan(geglu(rows)).any().item<bool>());
}

INSTANTIATE_TEST_SUITE_P(Types, CudaFusedLayers,
                         ::testing::Values(torch::kFloat16, torch::kBFloat16),
                         [](const auto& of) { return std::string(c10::toString(of.param)); });

}  // namespace
}  // namespace ersatz::compute
