#include "compute/fused_layers.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <limits>
#include <vector>

#include "compute/fused_kernel.h"
#include "compute/kernel_isas.h"

namespace ersatz::compute {
namespace {

torch::Tensor wide(const torch::Tensor& x) { return x.to(torch::kFloat64); }

double largest_difference(const torch::Tensor& actual, const torch::Tensor& expected) {
  return (wide(actual) - wide(expected)).abs().max().item<double>();
}

torch::Tensor group_norm_in_double(const torch::Tensor& x, std::int64_t groups,
                                   const torch::Tensor& weight, const torch::Tensor& bias,
                                   double epsilon, bool silu) {
  const torch::Tensor y =
      torch::group_norm(wide(x).contiguous(), groups, wide(weight), wide(bias), epsilon);
  return silu ? torch::silu(y) : y;
}

struct GroupSizes {
  std::int64_t batch, channels, height, width, groups;
};
const GroupSizes kGroupSizes[] = {{2, 64, 20, 20, 32}, {1, 320, 9, 7, 32}, {3, 12, 5, 5, 4},
                                  {1, 6, 1, 1, 2},     {2, 5, 3, 40, 5},   {1, 70, 30, 30, 1}};

TEST(GroupNorm, EqualsDoublePrecisionInBothMemoryFormats) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(1);
  for (const GroupSizes& s : kGroupSizes) {
    const torch::Tensor x = torch::randn({s.batch, s.channels, s.height, s.width}) * 2 + 1;
    const torch::Tensor weight = torch::randn({s.channels}), bias = torch::randn({s.channels});
    for (const bool silu : {false, true}) {
      const torch::Tensor expected = group_norm_in_double(x, s.groups, weight, bias, 1e-5, silu);
      for (const auto format :
           {torch::MemoryFormat::Contiguous, torch::MemoryFormat::ChannelsLast}) {
        const torch::Tensor in = x.contiguous(format);
        const torch::Tensor out = compute::group_norm(in, s.groups, weight, bias, 1e-5, silu);
        EXPECT_TRUE(out.is_contiguous(format));
        EXPECT_LE(largest_difference(out, expected), 3e-6)
            << s.channels << " channels, silu " << silu << ", format " << format;
      }
    }
  }
}

TEST(GroupNorm, KeepsItsDigitsWhenTheMeanIsLarge) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(2);
  // The input itself carries a rounding error of 3e-5 deviations: the reference gets the same one.
  const torch::Tensor x = torch::randn({1, 64, 40, 40}) + 1000.0;
  const torch::Tensor weight = torch::ones({64}), bias = torch::zeros({64});
  const torch::Tensor expected = group_norm_in_double(x, 32, weight, bias, 1e-5, false);
  for (const auto format : {torch::MemoryFormat::Contiguous, torch::MemoryFormat::ChannelsLast}) {
    const torch::Tensor out = compute::group_norm(x.contiguous(format), 32, weight, bias, 1e-5);
    EXPECT_LE(largest_difference(out, expected), 6e-5);
  }
}

TEST(GroupNorm, NanStaysInItsGroup) {
  const torch::NoGradGuard no_grad;
  torch::Tensor x = torch::randn({2, 8, 6, 6});
  x[1][5][2][3] = std::numeric_limits<float>::quiet_NaN();
  for (const auto format : {torch::MemoryFormat::Contiguous, torch::MemoryFormat::ChannelsLast}) {
    const torch::Tensor bad = compute::group_norm(x.contiguous(format), 4, torch::ones({8}),
                                                  torch::zeros({8}), 1e-5, true)
                                  .isnan();
    EXPECT_EQ(bad.sum().item<std::int64_t>(), 2 * 36);
    EXPECT_TRUE(bad[1].slice(0, 4, 6).all().item<bool>());
  }
}

TEST(GroupNorm, OverwritesOnlyWhatItIsGiven) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor weight = torch::randn({8}), bias = torch::randn({8});
  const torch::Tensor kept = torch::randn({2, 6, 6, 8}).permute({0, 3, 1, 2}), copy = kept.clone();
  const torch::Tensor expected = compute::group_norm(kept, 4, weight, bias, 1e-5, true);
  EXPECT_TRUE(torch::equal(kept, copy));
  torch::Tensor given = copy.clone();
  const void* memory = given.data_ptr();
  const torch::Tensor out = compute::group_norm(std::move(given), 4, weight, bias, 1e-5, true);
  EXPECT_EQ(out.data_ptr(), memory);
  EXPECT_TRUE(torch::equal(out, expected));
  // A view of numbers that somebody else holds.
  compute::group_norm(kept.slice(0, 0, 1), 4, weight, bias, 1e-5, true);
  EXPECT_TRUE(torch::equal(kept, copy));
}

TEST(JoinChannels, IsConcatenation) {
  const torch::NoGradGuard no_grad;
  const auto last = torch::MemoryFormat::ChannelsLast;
  const torch::Tensor x = torch::randn({2, 5, 30, 41}), y = torch::randn({2, 3, 30, 41});
  const torch::Tensor expected = torch::cat({x, y}, 1);
  const torch::Tensor joined = join_channels(x.contiguous(last), y.contiguous(last));
  EXPECT_TRUE(joined.is_contiguous(last));
  EXPECT_TRUE(torch::equal(joined, expected));
  EXPECT_TRUE(torch::equal(join_channels(x, y.contiguous(last)), expected));
  EXPECT_TRUE(torch::equal(join_channels(x.to(torch::kFloat64), y.to(torch::kFloat64)),
                           expected.to(torch::kFloat64)));
  EXPECT_ANY_THROW(join_channels(x.contiguous(last), y.slice(3, 1).contiguous(last)));
}

TEST(LayerNorm, EqualsDoublePrecision) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(3);
  for (const std::int64_t width : {1, 3, 16, 40, 77, 320, 1280}) {
    const torch::Tensor x = torch::randn({2, 9, width}) * 3 + 5;
    const torch::Tensor weight = torch::randn({width}), bias = torch::randn({width});
    const torch::Tensor expected =
        torch::layer_norm(wide(x), {width}, wide(weight), wide(bias), 1e-5);
    EXPECT_LE(largest_difference(compute::layer_norm(x, weight, bias, 1e-5), expected), 3e-6)
        << width;
  }
}

TEST(Geglu, EqualsDoublePrecision) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(4);
  for (const std::int64_t width : {1, 4, 31, 128}) {
    const torch::Tensor x = torch::randn({2, 7, 2 * width}) * 3;
    const torch::Tensor in = wide(x);
    const torch::Tensor expected =
        in.slice(2, 0, width) * torch::gelu(in.slice(2, width, 2 * width));
    EXPECT_LE(largest_difference(compute::geglu(x), expected), 3e-6) << width;
  }
}

TEST(Geglu, GateIsAccurateOverItsWholeRange) {
  for (const VectorIsa isa : usable_isas()) {
    for (int i = -1400; i <= 1400; ++i) {
      const float gate = 0.01F * static_cast<float>(i);
      std::vector<float> x(34, 1.0F), y(17);
      for (std::size_t k = 17; k < 34; ++k) x[k] = gate;
      geglu_rows(isa, x.data(), y.data(), 1, 17);
      const double g = static_cast<double>(gate);
      const double share = 0.5 * std::erfc(-g / std::sqrt(2.0));
      for (const float value : {y[0], y[16]}) {
        ASSERT_NEAR(static_cast<double>(value), g * share, 2e-7 * (1 + std::fabs(g)))
            << isa_name(isa) << " gelu(" << gate << ")";
        // The tail is small, not rounded off.
        if (g < -1 && g * share < -1e-30) {
          ASSERT_NEAR(static_cast<double>(value) / (g * share), 1.0, 2e-5) << gate;
        }
      }
    }
  }
}

TEST(QuickGelu, EqualsDoublePrecision) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor x = torch::linspace(-90, 90, 20'011);
  const torch::Tensor in = wide(x);
  EXPECT_LE(
      ((wide(compute::quick_gelu(x)) - in * torch::sigmoid(1.702 * in)).abs() / (1 + in.abs()))
          .max()
          .item<double>(),
      3e-7);
}

// Every loop with every instruction set, against plain scalar code in double precision.
TEST(FusedKernels, EveryInstructionSetAgreesWithScalarCode) {
  torch::manual_seed(5);
  for (const VectorIsa isa : usable_isas()) {
    for (const std::int64_t channels : {1, 5, 16, 37, 150}) {
      const std::int64_t rows = 33;
      const torch::Tensor x = torch::randn({rows, channels}) + 3;
      const torch::Tensor in = wide(x), shift = x[0];
      torch::Tensor sum = torch::empty({channels}), square = torch::empty({channels});
      channel_moments(isa, x.data_ptr<float>(), rows, channels, sum.data_ptr<float>(),
                      square.data_ptr<float>());
      const torch::Tensor centred = in - wide(shift);
      // Relative to the sums of the absolute values.
      const torch::Tensor size = centred.abs().sum(0).clamp_min(1),
                          squares = centred.square().sum(0);
      EXPECT_LE(((wide(sum) - centred.sum(0)) / size).abs().max().item<double>(), 1e-6)
          << isa_name(isa);
      EXPECT_LE(((wide(square) - squares) / squares.clamp_min(1)).abs().max().item<double>(), 1e-6)
          << isa_name(isa);

      const torch::Tensor mean = torch::randn({channels}), scale = torch::randn({channels});
      torch::Tensor y = torch::empty_like(x);
      for (const bool silu : {false, true}) {
        normalise_rows(isa, x.data_ptr<float>(), y.data_ptr<float>(), rows, channels,
                       mean.data_ptr<float>(), scale.data_ptr<float>(), shift.data_ptr<float>(),
                       silu);
        torch::Tensor expected = (in - wide(mean)) * wide(scale) + wide(shift);
        if (silu) expected = torch::silu(expected);
        EXPECT_LE(largest_difference(y, expected), 5e-6) << isa_name(isa);
        normalise_run(isa, x.data_ptr<float>(), y.data_ptr<float>(), x.numel(), 3.0F, 0.5F, 0.25F,
                      silu);
        expected = (in - 3.0) * 0.5 + 0.25;
        if (silu) expected = torch::silu(expected);
        EXPECT_LE(largest_difference(y, expected), 2e-6) << isa_name(isa);
      }
      layer_norm_rows(isa, x.data_ptr<float>(), y.data_ptr<float>(), rows, channels,
                      scale.data_ptr<float>(), mean.data_ptr<float>(), 1e-5);
      EXPECT_LE(
          largest_difference(y, torch::layer_norm(in, {channels}, wide(scale), wide(mean), 1e-5)),
          3e-6)
          << isa_name(isa) << " " << channels;
      sigmoid_product(isa, x.data_ptr<float>(), y.data_ptr<float>(), x.numel(), 1.702F);
      EXPECT_LE(largest_difference(y, in * torch::sigmoid(1.702 * in)), 2e-6) << isa_name(isa);
    }
  }
}

TEST(FusedKernels, NanAndInfinity) {
  const float inf = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const VectorIsa isa : usable_isas()) {
    std::vector<float> x(20, 1.0F), y(20);
    x[0] = x[18] = nan;
    x[1] = inf;
    x[2] = 1e30F;
    x[3] = -1e30F;
    sigmoid_product(isa, x.data(), y.data(), 20, 1.0F);
    EXPECT_TRUE(std::isnan(y[0]) && std::isnan(y[18])) << isa_name(isa);
    EXPECT_EQ(y[1], inf);
    EXPECT_EQ(y[2], 1e30F);
    EXPECT_LE(std::fabs(y[3]), 1e-6F);
    std::vector<float> halves(40, 1.0F);
    std::copy(x.begin(), x.end(), halves.begin() + 20);
    geglu_rows(isa, halves.data(), y.data(), 1, 20);
    EXPECT_TRUE(std::isnan(y[0]) && std::isnan(y[18])) << isa_name(isa);
    EXPECT_EQ(y[1], inf);
    EXPECT_EQ(y[2], 1e30F);
    EXPECT_EQ(y[3], 0.0F);
  }
}

TEST(FusedLayers, GradientsFlow) {
  torch::manual_seed(6);
  const torch::Tensor x = torch::randn({1, 8, 4, 4}).requires_grad_(true);
  const torch::Tensor weight = torch::randn({8}).requires_grad_(true);
  const torch::Tensor bias = torch::randn({8}).requires_grad_(true);
  const torch::Tensor probe = torch::randn({1, 8, 4, 4});
  const auto got = torch::autograd::grad(
      {(compute::group_norm(x, 2, weight, bias, 1e-5, true) * probe).sum()}, {x, weight, bias});
  const auto expected = torch::autograd::grad(
      {(torch::silu(torch::group_norm(x, 2, weight, bias, 1e-5)) * probe).sum()},
      {x, weight, bias});
  for (std::size_t i = 0; i < 3; ++i) EXPECT_LE(largest_difference(got[i], expected[i]), 1e-5);

  const torch::Tensor rows = torch::randn({3, 8}).requires_grad_(true);
  for (const torch::Tensor& y : {compute::layer_norm(rows, weight, bias, 1e-5),
                                 compute::geglu(rows), compute::quick_gelu(rows)}) {
    const auto gradient = torch::autograd::grad({y.sum()}, {rows});
    EXPECT_TRUE(gradient[0].isfinite().all().item<bool>());
    EXPECT_GT(gradient[0].abs().max().item<double>(), 0);
  }
  // And the values are those of the kernels.
  const torch::NoGradGuard no_grad;
  const torch::Tensor kernel = compute::geglu(rows);
  const torch::AutoGradMode grad(true);
  EXPECT_LE(largest_difference(kernel, compute::geglu(rows).detach()), 1e-6);
}

}  // namespace
}  // namespace ersatz::compute
