#include "compute/winograd.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <vector>

#include "compute/double_precision.h"
#include "compute/kernel_isas.h"
#include "compute/winograd_kernel.h"

namespace ersatz::compute {
namespace {

struct Case {
  std::int64_t batch, inputs, outputs, height, width;
};

// Whole tiles, cut tiles, pictures smaller than a tile, narrow and mixed panels of outputs.
const std::vector<Case> kCases = {{2, 16, 16, 8, 8},    {3, 64, 64, 12, 20}, {2, 32, 64, 7, 7},
                                  {1, 128, 80, 14, 13}, {5, 64, 128, 1, 1},  {1, 16, 112, 3, 5},
                                  {2, 48, 48, 6, 2}};

struct Exact {
  torch::Tensor y, dx, dw;
};

// In double precision by libtorch.
Exact exact(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& dy) {
  const torch::Tensor xd = x.detach().to(torch::kDouble).requires_grad_();
  const torch::Tensor wd = weight.detach().to(torch::kDouble).requires_grad_();
  const torch::Tensor y = torch::conv2d(xd, wd, {}, 1, 1);
  y.backward(dy.to(torch::kDouble));
  return {y.detach(), xd.grad(), wd.grad()};
}

TEST(Winograd, ForwardAndGradientsEqualTheDirectSums) {
  torch::manual_seed(4);
  for (const Case& c : kCases) {
    SCOPED_TRACE(testing::Message() << c.batch << " pictures " << c.height << "x" << c.width << ", "
                                    << c.inputs << " to " << c.outputs);
    const torch::Tensor x =
        channels_last(torch::randn({c.batch, c.inputs, c.height, c.width})).requires_grad_();
    const torch::Tensor weight =
        channels_last(torch::randn({c.outputs, c.inputs, 3, 3})).requires_grad_();
    const torch::Tensor dy = channels_last(torch::randn({c.batch, c.outputs, c.height, c.width}));
    const Exact wanted = exact(x, weight, dy);
    const torch::Tensor y = winograd_conv2d(x, weight);
    EXPECT_TRUE(y.is_contiguous(torch::MemoryFormat::ChannelsLast));
    EXPECT_LT(error_of(y, wanted.y), 5e-6);
    y.backward(dy);
    EXPECT_LT(error_of(x.grad(), wanted.dx), 5e-6);
    EXPECT_LT(error_of(weight.grad(), wanted.dw), 5e-6);
    EXPECT_EQ(weight.grad().strides(), weight.strides());
  }
}

TEST(Winograd, OnlyTheGradientsThatAreWanted) {
  const torch::Tensor x = torch::randn({1, 16, 5, 5});
  const torch::Tensor weight = torch::randn({16, 16, 3, 3}).requires_grad_();
  winograd_conv2d(x, weight).sum().backward();
  EXPECT_FALSE(x.grad().defined());
  EXPECT_TRUE(weight.grad().defined());
}

TEST(Winograd, FinishAddsBiasAndResidualAndCutsOff) {
  torch::manual_seed(5);
  const torch::Tensor x = torch::randn({2, 32, 9, 6}), weight = torch::randn({48, 32, 3, 3});
  const torch::Tensor bias = torch::randn({48}), residual = torch::randn({2, 48, 9, 6});
  const WinogradWeights weights = winograd_weights(weight);
  const torch::Tensor plain = winograd_conv2d(x, weights);
  EXPECT_TRUE(torch::equal(plain, winograd_conv2d(x, weight)));
  const torch::Tensor wanted = plain + bias.view({1, 48, 1, 1}) + residual;
  EXPECT_TRUE(torch::allclose(winograd_conv2d(x, weights, {bias, residual, false}), wanted));
  EXPECT_TRUE(
      torch::allclose(winograd_conv2d(x, weights, {bias, residual, true}), torch::relu(wanted)));
  EXPECT_TRUE(torch::allclose(winograd_conv2d(x, weights, {bias, {}, true}),
                              torch::relu(plain + bias.view({1, 48, 1, 1}))));
}

TEST(Winograd, TheNumberOfThreadsChangesNoBit) {
  torch::manual_seed(6);
  const torch::Tensor x = torch::randn({3, 64, 21, 21}), dy = torch::randn({3, 64, 21, 21});
  const auto run = [&](int threads) {
    const int before = at::get_num_threads();
    at::set_num_threads(threads);
    torch::Tensor in = x.clone().requires_grad_(), w = torch::ones({64, 64, 3, 3}) / 7;
    w.requires_grad_();
    const torch::Tensor y = winograd_conv2d(in, w);
    y.backward(dy);
    at::set_num_threads(before);
    return std::vector<torch::Tensor>{y.detach(), in.grad(), w.grad()};
  };
  const std::vector<torch::Tensor> one = run(1), three = run(3);
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(torch::equal(one[i], three[i])) << i;
}

TEST(Winograd, NanReachesTheOutputAndNothingElseDoes) {
  torch::Tensor x = torch::zeros({1, 16, 8, 8});
  x[0][3][0][0] = std::numeric_limits<float>::quiet_NaN();
  const torch::Tensor y = winograd_conv2d(x, torch::ones({16, 16, 3, 3}));
  EXPECT_TRUE(torch::isnan(y[0][0][0][0]).item<bool>());
  EXPECT_FALSE(torch::isnan(y[0][0][7][7]).item<bool>());  // another tile
}

TEST(Winograd, WhatDoesNotFitIsSaid) {
  const torch::Tensor x = torch::zeros({1, 16, 8, 8});
  EXPECT_TRUE(winograd_fits(x, torch::zeros({16, 16, 3, 3})));
  EXPECT_FALSE(winograd_fits(x, torch::zeros({16, 16, 1, 1})));
  EXPECT_FALSE(winograd_fits(x, torch::zeros({20, 16, 3, 3})));
  EXPECT_FALSE(winograd_fits(x, torch::zeros({16, 32, 3, 3})));
  EXPECT_FALSE(winograd_fits(x.to(torch::kDouble), torch::zeros({16, 16, 3, 3})));
  EXPECT_FALSE(winograd_fits(torch::zeros({0, 16, 8, 8}), torch::zeros({16, 16, 3, 3})));
  EXPECT_THROW(winograd_conv2d(x, torch::zeros({20, 16, 3, 3})), c10::Error);
}

// The loops of every instruction set, in whatever pieces they are given.
TEST(Winograd, EveryInstructionSet) {
  torch::manual_seed(7);
  const Case c{2, 32, 80, 9, 7};
  const torch::Tensor x = channels_last(torch::randn({c.batch, c.inputs, c.height, c.width}));
  const torch::Tensor weight = channels_last(torch::randn({c.outputs, c.inputs, 3, 3}));
  const torch::Tensor dy = channels_last(torch::randn({c.batch, c.outputs, c.height, c.width}));
  const Exact wanted = exact(x, weight, dy);
  const WinogradShape shape{c.batch, c.height, c.width};
  ASSERT_EQ(shape.tiles(), 2 * 3 * 2);
  for (const VectorIsa isa : usable_isas()) {
    SCOPED_TRACE(isa_name(isa));
    std::vector<float> packed(static_cast<std::size_t>(36 * c.inputs * c.outputs));
    for (std::int64_t i = 0; i < c.outputs / kWinogradChannels; ++i) {
      winograd_pack(isa, weight.data_ptr<float>(), c.inputs, c.outputs, false, i, packed.data());
    }
    torch::Tensor y = channels_last(torch::full_like(wanted.y, 7, torch::kFloat));
    WinogradProblem problem;
    problem.shape = shape;
    problem.inputs = c.inputs;
    problem.outputs = c.outputs;
    problem.x = x.data_ptr<float>();
    problem.packed = packed.data();
    problem.y = y.data_ptr<float>();
    std::vector<float> scratch(static_cast<std::size_t>(winograd_workspace(c.inputs, 7)) + 16);
    float* aligned = scratch.data();
    while (reinterpret_cast<std::uintptr_t>(aligned) % 64 != 0) ++aligned;
    for (const std::int64_t first : {0, 7}) {
      for (const std::int64_t output : {0, 64}) {
        winograd_forward(isa, problem, first, first == 0 ? 7 : 5, output,
                         std::min<std::int64_t>(output + 64, c.outputs), aligned);
      }
    }
    EXPECT_LT(error_of(y, wanted.y), 5e-6);

    // The gradient of the weights in two chunks of tiles.
    const std::vector<float> zeros(80, 0.0F);
    std::vector<float> sum(packed.size());
    WinogradGradient gradient;
    gradient.inputs = c.inputs;
    gradient.outputs = c.outputs;
    gradient.x_stride = 7 * c.inputs;
    gradient.dy_stride = 7 * c.outputs;
    std::vector<float> x_points(static_cast<std::size_t>(36 * gradient.x_stride));
    std::vector<float> dy_points(static_cast<std::size_t>(36 * gradient.dy_stride));
    gradient.x = x_points.data();
    gradient.dy = dy_points.data();
    gradient.sum = sum.data();
    for (const std::int64_t first : {0, 7}) {
      gradient.tiles = first == 0 ? 7 : 5;
      for (std::int64_t begin = 0; begin < gradient.tiles; begin += 4) {
        const std::int64_t count = std::min<std::int64_t>(4, gradient.tiles - begin);
        winograd_input_points(isa, shape, x.data_ptr<float>(), c.inputs, zeros.data(),
                              first + begin, count, x_points.data() + begin * c.inputs,
                              gradient.x_stride);
        winograd_gradient_points(isa, shape, dy.data_ptr<float>(), c.outputs, zeros.data(),
                                 first + begin, count, begin, gradient.tiles, dy_points.data(),
                                 gradient.dy_stride);
      }
      for (std::int64_t point = 0; point < kWinogradPoints; ++point) {
        winograd_weight_product(isa, gradient, point, 0, first > 0);
        winograd_weight_product(isa, gradient, point, 64, first > 0);
      }
    }
    torch::Tensor dw = channels_last(torch::zeros_like(weight));
    for (std::int64_t i = 0; i < c.outputs / kWinogradChannels; ++i) {
      winograd_unpack(isa, sum.data(), c.inputs, c.outputs, i, dw.data_ptr<float>());
    }
    EXPECT_LT(error_of(dw, wanted.dw), 5e-6);
  }
}

}  // namespace
}  // namespace ersatz::compute
