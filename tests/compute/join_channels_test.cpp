#include "compute/join_channels.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "compute/conv2d.h"
#include "compute/winograd.h"

namespace ersatz::compute {
namespace {

torch::Tensor last(const torch::Tensor& x) {
  return x.contiguous(torch::MemoryFormat::ChannelsLast);
}

torch::Tensor doubled(const torch::Tensor& x) {
  return x.repeat_interleave(2, 2).repeat_interleave(2, 3);
}

TEST(JoinChannels, PartsRangesAndDoubledOnes) {
  torch::manual_seed(1);
  const torch::NoGradGuard no_grad;
  const torch::Tensor whole = last(torch::randn({2, 8, 6, 4})),
                      small = last(torch::randn({2, 5, 3, 2}));
  const torch::Tensor range = whole.narrow(1, 3, 2);
  const torch::Tensor joined = join_channels({{whole}, {range}, {small, true}});
  EXPECT_TRUE(torch::equal(joined, torch::cat({whole, range, doubled(small)}, 1)));
  EXPECT_TRUE(joined.is_contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(torch::equal(join_channels({{range}}), range));
  // Other memory formats and types, by libtorch.
  const torch::Tensor plain = torch::randn({2, 3, 6, 4});
  EXPECT_TRUE(torch::equal(join_channels({{plain}, {small, true}}),
                           torch::cat({plain, doubled(small)}, 1)));
  EXPECT_TRUE(torch::equal(join_channels({{plain.to(torch::kDouble)}}), plain.to(torch::kDouble)));
  EXPECT_THROW(join_channels({}), c10::Error);
  EXPECT_THROW(join_channels({{whole}, {small}}), c10::Error);
}

TEST(JoinChannels, Gradients) {
  const torch::Tensor a = torch::ones({1, 2, 2, 2}).set_requires_grad(true);
  const torch::Tensor b = torch::ones({1, 1, 1, 1}).set_requires_grad(true);
  join_channels({{a}, {b, true}}).sum().backward();
  EXPECT_TRUE(torch::equal(a.grad(), torch::ones({1, 2, 2, 2})));
  EXPECT_EQ(b.grad().item<float>(), 4);
}

// What convolutions do before they store.
TEST(Convolutions, SiluBeforeTheResidual) {
  torch::manual_seed(2);
  const torch::NoGradGuard no_grad;
  const torch::Tensor x = last(torch::randn({2, 16, 9, 7})), bias = torch::randn({32});
  const torch::Tensor residual = last(torch::randn({2, 32, 9, 7}));
  const torch::Tensor weight = last(torch::randn({32, 16, 3, 3}) * 0.1);
  const torch::Tensor sum = torch::silu(torch::conv2d(x, weight, bias, 1, 1));
  const WinogradWeights packed = winograd_weights(weight);
  EXPECT_TRUE(
      torch::allclose(winograd_conv2d(x, packed, {bias, {}, false, true}), sum, 1e-4, 1e-5));
  EXPECT_TRUE(torch::allclose(winograd_conv2d(x, packed, {bias, residual, false, true}),
                              sum + residual, 1e-4, 1e-5));
  EXPECT_TRUE(torch::allclose(winograd_conv2d(x, packed, {{}, {}, false, true}),
                              torch::silu(torch::conv2d(x, weight, {}, 1, 1)), 1e-4, 1e-5));
  Conv2dOptions options;
  options.padding = 1;
  options.silu = true;
  EXPECT_TRUE(torch::allclose(conv2d(x, weight, bias, options), sum, 1e-4, 1e-5));
  EXPECT_TRUE(
      torch::allclose(conv2d(x, weight, bias, options, residual), sum + residual, 1e-4, 1e-5));
  const torch::Tensor wide = x.to(torch::kDouble);
  EXPECT_TRUE(
      torch::allclose(conv2d(wide, weight.to(torch::kDouble), bias.to(torch::kDouble), options),
                      sum.to(torch::kDouble), 1e-4, 1e-5));
}

}  // namespace
}  // namespace ersatz::compute
