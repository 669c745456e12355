#include "compute/batch_norm.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <string>
#include <vector>

#include "compute/batch_norm_kernel.h"
#include "compute/double_precision.h"
#include "compute/kernel_isas.h"
#include "support/test_support.h"

namespace ersatz::compute {
namespace {

// As error_of, also of what is zero everywhere.
double guarded_error_of(const torch::Tensor& computed, const torch::Tensor& exact) {
  return ((computed.to(torch::kDouble) - exact).abs().max() / exact.abs().max().clamp_min(1e-30))
      .item<double>();
}

struct Inputs {
  torch::Tensor x, residual, dy;
  BatchNorm norm;
};

Inputs inputs(std::int64_t batch, std::int64_t channels, std::int64_t height, std::int64_t width,
              bool pooled = false) {
  Inputs in;
  in.x = channels_last(torch::randn({batch, channels, height, width}) * 3 + 2);
  in.residual = channels_last(torch::randn({batch, channels, height, width}));
  in.dy = pooled ? torch::randn({batch, channels, (height + 1) / 2, (width + 1) / 2})
                 : torch::randn({batch, channels, height, width});
  in.dy = channels_last(in.dy);
  in.norm.weight = torch::randn({channels});
  in.norm.bias = torch::randn({channels});
  in.norm.running_mean = torch::randn({channels});
  in.norm.running_var = torch::rand({channels}) + 0.5;
  return in;
}

// The same as leaves, in another type.
Inputs leaves(const Inputs& in, torch::ScalarType type) {
  const auto leaf = [&](const torch::Tensor& t) {
    return t.detach().clone().to(type).requires_grad_();
  };
  Inputs out;
  out.x = leaf(in.x);
  out.residual = leaf(in.residual);
  out.dy = in.dy.to(type);
  out.norm.weight = leaf(in.norm.weight);
  out.norm.bias = leaf(in.norm.bias);
  out.norm.running_mean = in.norm.running_mean.clone().to(type);
  out.norm.running_var = in.norm.running_var.clone().to(type);
  return out;
}

torch::Tensor plain_norm(const Inputs& in, bool training) {
  return torch::batch_norm(in.x, in.norm.weight, in.norm.bias, in.norm.running_mean,
                           in.norm.running_var, training, in.norm.momentum, in.norm.epsilon, false);
}

void expect_same(const Inputs& computed, const torch::Tensor& y, const Inputs& exact,
                 const torch::Tensor& exact_y, bool residual) {
  EXPECT_LT(guarded_error_of(y, exact_y), 2e-6);
  EXPECT_LT(guarded_error_of(computed.x.grad(), exact.x.grad()), 5e-6);
  EXPECT_LT(guarded_error_of(computed.norm.weight.grad(), exact.norm.weight.grad()), 5e-6);
  EXPECT_LT(guarded_error_of(computed.norm.bias.grad(), exact.norm.bias.grad()), 5e-6);
  if (residual) {
    EXPECT_LT(guarded_error_of(computed.residual.grad(), exact.residual.grad()), 1e-6);
  }
  EXPECT_LT(guarded_error_of(computed.norm.running_mean, exact.norm.running_mean), 1e-6);
  EXPECT_LT(guarded_error_of(computed.norm.running_var, exact.norm.running_var), 1e-6);
}

TEST(BatchNorm, TrainingEqualsDoublePrecision) {
  torch::manual_seed(1);
  for (const auto& [batch, channels, height, width] : std::vector<std::array<std::int64_t, 4>>{
           {3, 16, 20, 17}, {2, 64, 9, 9}, {4, 80, 1, 1}, {1, 512, 7, 7}, {2, 5, 6, 6}}) {
    const Inputs in = inputs(batch, channels, height, width);
    for (const bool relu : {false, true}) {
      for (const bool residual : {false, true}) {
        SCOPED_TRACE(testing::Message()
                     << channels << " channels, relu " << relu << ", residual " << residual);
        const Inputs ours = leaves(in, torch::kFloat), exact = leaves(in, torch::kDouble);
        const torch::Tensor y =
            batch_norm(ours.x, ours.norm, true, relu, residual ? ours.residual : torch::Tensor());
        torch::Tensor wanted = plain_norm(exact, true);
        if (residual) wanted = wanted + exact.residual;
        if (relu) wanted = torch::relu(wanted);
        y.backward(ours.dy);
        wanted.backward(exact.dy);
        expect_same(ours, y, exact, wanted, residual);
      }
    }
  }
}

TEST(BatchNorm, PoolingEqualsDoublePrecision) {
  torch::manual_seed(2);
  for (const auto& [height, width] : {std::pair{8, 8}, {7, 9}, {1, 6}, {5, 1}, {32, 16}}) {
    SCOPED_TRACE(testing::Message() << height << "x" << width);
    const Inputs in = inputs(2, 48, height, width, true);
    const Inputs ours = leaves(in, torch::kFloat), exact = leaves(in, torch::kDouble);
    const torch::Tensor y = batch_norm_relu_max_pool(ours.x, ours.norm, true);
    const torch::Tensor wanted = torch::max_pool2d(torch::relu(plain_norm(exact, true)), 3, 2, 1);
    ASSERT_EQ(y.sizes(), wanted.sizes());
    y.backward(ours.dy);
    wanted.backward(exact.dy);
    expect_same(ours, y, exact, wanted, false);
  }
}

TEST(BatchNorm, EvaluationUsesTheRunningMoments) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(3);
  const Inputs in = inputs(2, 32, 9, 6);
  const torch::Tensor mean = in.norm.running_mean.clone();
  const torch::Tensor wanted = plain_norm(in, false);
  EXPECT_TRUE(torch::allclose(batch_norm(in.x, in.norm, false, false), wanted, 1e-5, 1e-5));
  EXPECT_TRUE(torch::allclose(batch_norm(in.x, in.norm, false, true, in.residual),
                              torch::relu(wanted + in.residual), 1e-5, 1e-5));
  EXPECT_TRUE(torch::allclose(batch_norm_relu_max_pool(in.x, in.norm, false),
                              torch::max_pool2d(torch::relu(wanted), 3, 2, 1), 1e-5, 1e-5));
  EXPECT_TRUE(torch::equal(in.norm.running_mean, mean));
}

TEST(BatchNorm, KeepsItsDigitsWhenTheMeanIsLarge) {
  torch::manual_seed(4);
  Inputs in = inputs(4, 16, 30, 30);
  in.x = channels_last(torch::randn({4, 16, 30, 30}) + 3000);
  const Inputs ours = leaves(in, torch::kFloat), exact = leaves(in, torch::kDouble);
  const torch::Tensor y = batch_norm(ours.x, ours.norm, true, false);
  const torch::Tensor wanted = plain_norm(exact, true);
  EXPECT_LT(guarded_error_of(y, wanted), 1e-4);
}

TEST(BatchNorm, OneNumberPerChannelCannotBeNormalised) {
  const Inputs in = inputs(1, 16, 1, 1);
  EXPECT_ERSATZ_ERROR(batch_norm(in.x, in.norm, true, true), core::ExitCode::kUsage,
                      "more than one pixel");
}

TEST(BatchNorm, ThreadsChangeNoBit) {
  torch::manual_seed(5);
  const Inputs in = inputs(3, 64, 33, 33);
  const auto gradient = [&](int threads) {
    const int before = at::get_num_threads();
    at::set_num_threads(threads);
    const Inputs own = leaves(in, torch::kFloat);
    batch_norm(own.x, own.norm, true, true, own.residual).backward(own.dy);
    at::set_num_threads(before);
    return own;
  };
  const Inputs one = gradient(1), three = gradient(3);
  EXPECT_TRUE(torch::equal(one.x.grad(), three.x.grad()));
  EXPECT_TRUE(torch::equal(one.norm.weight.grad(), three.norm.weight.grad()));
}

// The loops of every instruction set give what the best one gives, up to rounding.
TEST(BatchNorm, EveryInstructionSet) {
  torch::manual_seed(6);
  const std::int64_t rows = 75, channels = 80;
  const torch::Tensor x = torch::randn({rows, channels}), dy = torch::randn({rows, channels});
  const torch::Tensor mean = torch::randn({channels}), scale = torch::randn({channels});
  const torch::Tensor shift = torch::randn({channels});
  const torch::Tensor z = (x - mean) * scale + shift,
                      g = torch::where(z > 0, dy, torch::zeros({1}));
  GradientRows in;
  in.affine = {mean.data_ptr<float>(), scale.data_ptr<float>(), shift.data_ptr<float>()};
  in.mask = ReluMask::kAffine;
  in.x = x.data_ptr<float>();
  in.dy = dy.data_ptr<float>();
  in.rows = rows;
  in.channels = channels;
  for (const VectorIsa isa : usable_isas()) {
    SCOPED_TRACE(isa_name(isa));
    torch::Tensor y = torch::empty_like(x), masked = torch::empty_like(x),
                  dx = torch::empty_like(x);
    affine_rows(isa, in.affine, in.x, nullptr, true, rows, channels, y.data_ptr<float>());
    EXPECT_TRUE(torch::allclose(y, torch::relu(z), 1e-5, 1e-5));
    torch::Tensor sum = torch::empty({channels}), product = torch::empty({channels});
    gradient_sums(isa, in, sum.data_ptr<float>(), product.data_ptr<float>(),
                  masked.data_ptr<float>());
    EXPECT_TRUE(torch::equal(masked, g));
    EXPECT_TRUE(torch::allclose(sum, g.sum(0), 1e-5, 1e-4));
    EXPECT_TRUE(torch::allclose(product, (g * (x - mean)).sum(0), 1e-5, 1e-4));
    input_gradient(isa, in,
                   {scale.data_ptr<float>(), mean.data_ptr<float>(), shift.data_ptr<float>()},
                   dx.data_ptr<float>());
    EXPECT_TRUE(torch::allclose(dx, g * scale + (x - mean) * mean + shift, 1e-5, 1e-5));
  }
}

}  // namespace
}  // namespace ersatz::compute
