#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <limits>
#include <vector>

#include "compute/conv2d.h"
#include "compute/dense_kernel.h"
#include "compute/kernel_isas.h"
#include "compute/linear.h"

namespace ersatz::compute {
namespace {

torch::Tensor wide(const torch::Tensor& x) { return x.to(torch::kFloat64); }

double relative_error(const torch::Tensor& actual, const torch::Tensor& expected) {
  return ((wide(actual) - expected).abs().max() / expected.abs().max()).item<double>();
}

// Padding that keeps the size of a 3x3 convolution.
const Conv2dOptions kSame{1, 1, 0, false};

struct ConvolutionCase {
  std::int64_t batch, inputs, outputs, height, width, kernel;
  Conv2dOptions options;
};

const ConvolutionCase kConvolutions[] = {
    {2, 64, 128, 16, 16, 3, {1, 1, 0, false}},  // whole panels
    {1, 4, 320, 9, 7, 3, {1, 1, 0, false}},     // few inputs
    {1, 40, 4, 11, 5, 3, {1, 1, 0, false}},     // few outputs
    {2, 48, 80, 10, 12, 3, {2, 1, 0, false}},   // down-sampling
    {1, 32, 70, 8, 8, 3, {2, 0, 1, false}},     // the autoencoder's
    {1, 33, 65, 7, 5, 3, {1, 1, 0, true}},      // up-sampling
    {2, 100, 64, 6, 6, 1, {1, 0, 0, false}},    // 1x1
    {1, 3, 17, 13, 13, 5, {1, 2, 0, false}},   {1, 1, 1, 1, 1, 3, {1, 1, 0, false}},
    {1, 200, 16, 33, 31, 3, {1, 1, 0, false}}, {2, 20, 24, 20, 75, 3, {1, 1, 0, false}},  // strips
};

torch::Tensor reference(const torch::Tensor& x, const torch::Tensor& weight,
                        const torch::Tensor& bias, const Conv2dOptions& options) {
  torch::Tensor in = wide(x).contiguous();
  if (options.upsample) in = in.repeat_interleave(2, 2).repeat_interleave(2, 3);
  in = torch::constant_pad_nd(in, {0, options.extra_end_padding, 0, options.extra_end_padding});
  return torch::conv2d(in, wide(weight), wide(bias), options.stride, options.padding);
}

TEST(Conv2d, EqualsDoublePrecision) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(1);
  for (const ConvolutionCase& c : kConvolutions) {
    const torch::Tensor x = torch::randn({c.batch, c.inputs, c.height, c.width});
    const torch::Tensor weight = torch::randn({c.outputs, c.inputs, c.kernel, c.kernel});
    const torch::Tensor bias = torch::randn({c.outputs});
    const torch::Tensor expected = reference(x, weight, bias, c.options);
    const torch::Tensor residual = torch::randn(expected.sizes());
    for (const auto format : {torch::MemoryFormat::Contiguous, torch::MemoryFormat::ChannelsLast}) {
      const torch::Tensor in = x.contiguous(format), kernel = weight.contiguous(format);
      const torch::Tensor out = compute::conv2d(in, kernel, bias, c.options);
      ASSERT_EQ(out.sizes(), expected.sizes());
      EXPECT_TRUE(out.is_contiguous(torch::MemoryFormat::ChannelsLast));
      EXPECT_LE(relative_error(out, expected), 2e-6) << c.inputs << " -> " << c.outputs;
      EXPECT_LE(relative_error(compute::conv2d(in, kernel, bias, c.options, residual),
                               expected + wide(residual)),
                2e-6);
    }
  }
}

TEST(Conv2d, OneBiasForEachImage) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor x = torch::randn({3, 20, 5, 5}), weight = torch::randn({70, 20, 3, 3});
  const torch::Tensor bias = torch::randn({3, 70});
  const torch::Tensor expected =
      torch::conv2d(wide(x), wide(weight), {}, 1, 1) + wide(bias).view({3, 70, 1, 1});
  EXPECT_LE(relative_error(compute::conv2d(x, weight, bias, kSame), expected), 2e-6);
  const torch::Tensor without = torch::conv2d(wide(x), wide(weight), {}, 1, 1);
  EXPECT_LE(relative_error(compute::conv2d(x, weight, {}, kSame), without), 2e-6);
}

TEST(Conv2d, WeightsInHalfPrecisionAreComputedWithExactly) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor x = torch::randn({1, 37, 9, 9}), bias = torch::randn({70});
  torch::Tensor weight = torch::randn({70, 37, 3, 3});
  // Subnormal float16 numbers too.
  weight[3] = weight[3] * 1e-6;
  for (const auto type : {torch::kFloat16, torch::kBFloat16}) {
    const torch::Tensor stored = weight.to(type);
    EXPECT_TRUE(torch::equal(compute::conv2d(x, stored, bias, kSame),
                             compute::conv2d(x, stored.to(torch::kFloat32), bias, kSame)));
  }
}

TEST(Conv2d, EveryFloat16NumberIsRead) {
  const torch::NoGradGuard no_grad;
  // 65536 outputs of one input: the product with 1 is the weight itself.
  const torch::Tensor bits = torch::arange(65536, torch::kInt32).to(torch::kInt16);
  const torch::Tensor weight = bits.view(torch::kFloat16).view({65536, 1});
  const torch::Tensor out = compute::linear(torch::ones({1, 1}), weight, {})[0];
  const torch::Tensor expected = weight.view({65536}).to(torch::kFloat32);
  const torch::Tensor nan = expected.isnan();
  EXPECT_TRUE(torch::equal(out.isnan(), nan));
  EXPECT_TRUE(torch::equal(out.masked_fill(nan, 0), expected.masked_fill(nan, 0)));
}

TEST(Linear, EqualsDoublePrecision) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(2);
  for (const std::vector<std::int64_t>& s : std::vector<std::vector<std::int64_t>>{
           {154, 768, 320}, {1, 320, 1280}, {7, 5, 3}, {100, 145, 129}, {13, 289, 64}}) {
    const torch::Tensor x = torch::randn({1, s[0], s[1]}), weight = torch::randn({s[2], s[1]});
    const torch::Tensor bias = torch::randn({s[2]}), residual = torch::randn({1, s[0], s[2]});
    const torch::Tensor expected = torch::linear(wide(x), wide(weight), wide(bias));
    EXPECT_LE(relative_error(compute::linear(x, weight, bias), expected), 2e-6);
    EXPECT_LE(relative_error(compute::linear(x, weight, bias, residual), expected + wide(residual)),
              2e-6);
    EXPECT_LE(relative_error(compute::linear(x, weight, {}), expected - wide(bias)), 2e-6);
    // Weights that are a view.
    const torch::Tensor turned = weight.t().contiguous().t();
    EXPECT_LE(relative_error(compute::linear(x, turned, bias), expected), 2e-6);
  }
}

TEST(Linear, GegluOfTheResult) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(4);
  for (const std::int64_t width : {5, 64, 130, 640}) {
    const torch::Tensor x = torch::randn({2, 33, 48}), weight = torch::randn({2 * width, 48});
    const torch::Tensor bias = torch::randn({2 * width});
    const torch::Tensor y = torch::linear(wide(x), wide(weight), wide(bias));
    const torch::Tensor expected = y.slice(2, 0, width) * torch::gelu(y.slice(2, width, 2 * width));
    EXPECT_LE(relative_error(linear_geglu(x, weight, bias), expected), 2e-6) << width;
  }
  const torch::AutoGradMode grad(true);
  const torch::Tensor x = torch::randn({3, 8}).requires_grad_(true);
  EXPECT_TRUE(linear_geglu(x, torch::randn({12, 8}), torch::randn({12})).requires_grad());
}

TEST(Dense, SameBitsForAnyNumberOfThreads) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor x = torch::randn({1, 50, 40, 40}), weight = torch::randn({200, 50, 3, 3});
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const torch::Tensor one = compute::conv2d(x, weight, {}, kSame);
  at::set_num_threads(2);
  const torch::Tensor two = compute::conv2d(x, weight, {}, kSame);
  at::set_num_threads(threads);
  EXPECT_TRUE(torch::equal(one, two));
  // And for any batch.
  const torch::Tensor three = compute::conv2d(torch::cat({x * 2, x, x * 3}), weight, {}, kSame);
  EXPECT_TRUE(torch::equal(one[0], three[1]));
}

TEST(Dense, NanReachesTheWindowsThatSeeIt) {
  const torch::NoGradGuard no_grad;
  torch::Tensor x = torch::randn({1, 20, 8, 8});
  x[0][11][4][4] = std::numeric_limits<float>::quiet_NaN();
  const torch::Tensor bad = compute::conv2d(x, torch::randn({30, 20, 3, 3}), {}, kSame).isnan();
  EXPECT_EQ(bad.sum().item<std::int64_t>(), 30 * 9);
}

TEST(Dense, GradientsFlowThroughLibtorch) {
  const torch::Tensor x = torch::randn({1, 4, 6, 6}).requires_grad_(true);
  const torch::Tensor weight = torch::randn({8, 4, 3, 3}), bias = torch::randn({1, 8});
  const Conv2dOptions options{1, 1, 0, true};
  const torch::Tensor probe = torch::randn({1, 8, 12, 12});
  const auto got =
      torch::autograd::grad({(compute::conv2d(x, weight, bias, options) * probe).sum()}, {x});
  const auto expected = torch::autograd::grad(
      {(reference(x, weight, bias.view({8}), options) * wide(probe)).sum()}, {x});
  EXPECT_LE(relative_error(got[0], wide(expected[0])), 1e-5);
  const torch::NoGradGuard no_grad;
  EXPECT_LE(relative_error(compute::conv2d(x, weight, bias, options),
                           reference(x, weight, bias.view({8}), options)),
            2e-6);
}

TEST(DenseKernel, EveryInstructionSetEqualsTheDefinition) {
  torch::manual_seed(3);
  for (const VectorIsa isa : usable_isas()) {
    const std::int64_t rows = 23, taps = 3, inputs = 50, outputs = 85;
    const torch::Tensor x = torch::randn({rows + taps, inputs});
    const torch::Tensor weight = torch::randn({outputs, inputs, taps});
    const torch::Tensor bias = torch::randn({outputs}), residual = torch::randn({rows, outputs});
    torch::Tensor out = torch::empty({rows, outputs});
    std::vector<const float*> sources, biases;
    for (std::int64_t t = 0; t < taps; ++t) {
      for (std::int64_t r = 0; r < rows; ++r) {
        sources.push_back(x.data_ptr<float>() + (r + t) * inputs);
      }
    }
    std::vector<const float*> residuals;
    std::vector<float*> outs;
    for (std::int64_t r = 0; r < rows; ++r) {
      residuals.push_back(residual.data_ptr<float>() + r * outputs);
      outs.push_back(out.data_ptr<float>() + r * outputs);
    }
    biases.assign(static_cast<std::size_t>(rows), bias.data_ptr<float>());
    DenseBlock block;
    block.rows = rows;
    block.taps = taps;
    block.inputs = inputs;
    block.last_output = outputs;
    block.sources = sources.data();
    block.weights = {weight.data_ptr<float>(), WeightType::kFloat32, inputs * taps, taps, 1};
    block.bias = biases.data();
    block.residual = residuals.data();
    block.out = outs.data();
    const torch::Tensor scratch = torch::empty({dense_workspace(inputs, taps)});
    dense_forward(isa, block, scratch.data_ptr<float>());
    torch::Tensor expected = wide(bias) + wide(residual);
    for (std::int64_t t = 0; t < taps; ++t) {
      expected =
          expected + torch::matmul(wide(x).slice(0, t, t + rows), wide(weight).select(2, t).t());
    }
    EXPECT_LE(relative_error(out, expected), 2e-6) << isa_name(isa);
  }
}

}  // namespace
}  // namespace ersatz::compute
