#include "compute/direct_conv.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <vector>

#include "compute/direct_conv_kernel.h"
#include "compute/double_precision.h"
#include "compute/kernel_isas.h"

namespace ersatz::compute {
namespace {

struct Case {
  std::int64_t batch, inputs, outputs, height, width, kernel, stride, padding;
};

// Stem, halving kernels, shortcuts, kernels smaller than their stride, odd sizes, blocks of inputs
// and outputs that are not full.
const std::vector<Case> kCases = {
    {2, 3, 64, 30, 26, 7, 2, 3}, {2, 64, 128, 12, 14, 3, 2, 1}, {3, 32, 48, 9, 7, 3, 2, 1},
    {2, 64, 128, 9, 8, 1, 2, 0}, {1, 16, 16, 5, 5, 1, 1, 0},    {2, 200, 80, 6, 6, 3, 1, 1},
    {2, 1, 16, 7, 9, 5, 3, 2},   {1, 20, 32, 8, 8, 2, 3, 0},    {9, 16, 16, 4, 3, 3, 2, 1},
    {1, 16, 32, 3, 3, 3, 2, 0},  {2, 3, 16, 6, 5, 3, 1, 1}};

TEST(DirectConv, ForwardAndGradientsEqualDoublePrecision) {
  torch::manual_seed(1);
  for (const Case& c : kCases) {
    SCOPED_TRACE(testing::Message() << c.batch << "x" << c.inputs << "x" << c.height << "x"
                                    << c.width << " to " << c.outputs << ", kernel " << c.kernel
                                    << ", stride " << c.stride << ", padding " << c.padding);
    const torch::Tensor x =
        channels_last(torch::randn({c.batch, c.inputs, c.height, c.width})).requires_grad_();
    const torch::Tensor weight =
        channels_last(torch::randn({c.outputs, c.inputs, c.kernel, c.kernel})).requires_grad_();
    const torch::Tensor xd = x.detach().to(torch::kDouble).requires_grad_();
    const torch::Tensor wd = weight.detach().to(torch::kDouble).requires_grad_();
    const torch::Tensor wanted = torch::conv2d(xd, wd, {}, c.stride, c.padding);
    ASSERT_TRUE(direct_conv_fits(x, weight, c.padding));
    const torch::Tensor y = direct_conv2d(x, weight, c.stride, c.padding);
    ASSERT_EQ(y.sizes(), wanted.sizes());
    EXPECT_LT(error_of(y.detach(), wanted.detach()), 2e-6);
    const torch::Tensor dy = channels_last(torch::randn(y.sizes()));
    y.backward(dy);
    wanted.backward(dy.to(torch::kDouble));
    EXPECT_LT(error_of(x.grad(), xd.grad()), 2e-6);
    EXPECT_LT(error_of(weight.grad(), wd.grad()), 2e-6);
    EXPECT_EQ(weight.grad().sizes(), weight.sizes());
  }
}

TEST(DirectConv, OnlyTheGradientsThatAreWanted) {
  const torch::Tensor x = torch::randn({1, 3, 9, 9});
  const torch::Tensor weight = torch::randn({16, 3, 3, 3}).requires_grad_();
  direct_conv2d(x, weight, 2, 1).sum().backward();
  EXPECT_FALSE(x.grad().defined());
  EXPECT_TRUE(weight.grad().defined());
}

TEST(DirectConv, TheNumberOfThreadsChangesNoBit) {
  torch::manual_seed(2);
  const torch::Tensor x = torch::randn({5, 32, 20, 20}), dy = torch::randn({5, 64, 10, 10});
  const auto run = [&](int threads) {
    const int before = at::get_num_threads();
    at::set_num_threads(threads);
    const torch::Tensor in = x.clone().requires_grad_();
    const torch::Tensor w = (torch::ones({64, 32, 3, 3}) / 7).requires_grad_();
    const torch::Tensor y = direct_conv2d(in, w.detach().requires_grad_(), 2, 1);
    y.backward(dy);
    at::set_num_threads(before);
    return std::vector<torch::Tensor>{y.detach(), in.grad()};
  };
  const std::vector<torch::Tensor> one = run(1), three = run(3);
  EXPECT_TRUE(torch::equal(one[0], three[0]));
  EXPECT_TRUE(torch::equal(one[1], three[1]));
}

TEST(DirectConv, WhatDoesNotFitIsSaid) {
  const torch::Tensor x = torch::zeros({1, 16, 4, 4});
  EXPECT_TRUE(direct_conv_fits(x, torch::zeros({16, 16, 3, 3}), 0));
  EXPECT_FALSE(direct_conv_fits(x, torch::zeros({20, 16, 3, 3}), 0));
  EXPECT_FALSE(direct_conv_fits(x, torch::zeros({16, 16, 5, 5}), 0));
  EXPECT_TRUE(direct_conv_fits(x, torch::zeros({16, 16, 5, 5}), 1));
  EXPECT_FALSE(direct_conv_fits(x.to(torch::kDouble), torch::zeros({16, 16, 3, 3}), 1));
  EXPECT_THROW(direct_conv2d(x, torch::zeros({20, 16, 3, 3}), 1, 1), c10::Error);
}

TEST(DirectConv, KernelGradientOfEveryInstructionSet) {
  torch::manual_seed(3);
  const torch::Tensor x = torch::randn({2, 7, 6, 10}), dy = torch::randn({2, 4, 3, 32});
  ConvShape shape;
  shape.batch = 2;
  shape.height = 7;
  shape.width = 6;
  shape.inputs = shape.pixel = 10;
  shape.out_height = 4;
  shape.out_width = 3;
  shape.outputs = 32;
  shape.kernel_height = shape.kernel_width = 3;
  shape.stride = 2;
  shape.padding = 1;
  for (const VectorIsa isa : usable_isas()) {
    SCOPED_TRACE(isa_name(isa));
    for (int row = 0; row < 3; ++row) {
      for (int column = 0; column < 3; ++column) {
        torch::Tensor wanted = torch::ones({10, 32});
        for (int b = 0; b < 2; ++b) {
          for (int i = 0; i < 4; ++i) {
            for (int j = 0; j < 3; ++j) {
              const int y = 2 * i - 1 + row, z = 2 * j - 1 + column;
              if (y < 0 || y >= 7 || z < 0 || z >= 6) continue;
              wanted += torch::outer(x[b][y][z], dy[b][i][j]);
            }
          }
        }
        torch::Tensor sum = torch::ones({10, 32});
        kernel_gradient(isa, shape, x.data_ptr<float>(), dy.data_ptr<float>(), 0, 2, row, column, 0,
                        0, sum.data_ptr<float>());
        EXPECT_TRUE(torch::allclose(sum, wanted, 1e-5, 1e-5));
      }
    }
  }
}

}  // namespace
}  // namespace ersatz::compute
