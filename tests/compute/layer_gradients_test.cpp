#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <vector>

#include "compute/conv2d.h"
#include "compute/doubled_conv2d.h"
#include "compute/fused_layers.h"
#include "compute/kernel_isas.h"
#include "compute/norm_gradient_kernel.h"
#include "compute/threads.h"

namespace ersatz::compute {
namespace {

using Tensors = std::vector<torch::Tensor>;

torch::Tensor wide(const torch::Tensor& x) { return x.detach().to(torch::kFloat64); }

// Largest difference in proportion to the largest number of `expected`.
double relative_difference(const torch::Tensor& actual, const torch::Tensor& expected) {
  return ((wide(actual) - wide(expected)).abs().max() / wide(expected).abs().max().clamp_min(1e-30))
      .item<double>();
}

torch::Tensor channels_last(at::IntArrayRef sizes) {
  return torch::randn(sizes).contiguous(torch::MemoryFormat::ChannelsLast);
}

// The same tensors in double precision, with gradients.
Tensors variables(const Tensors& tensors, c10::ScalarType type) {
  Tensors result;
  for (const torch::Tensor& tensor : tensors) {
    result.push_back(tensor.detach().to(type).clone().set_requires_grad(true));
  }
  return result;
}

struct NormSizes {
  std::int64_t batch, channels, height, width, groups;
};
// Whole vector registers and rests of them, several blocks of rows and less than one.
const NormSizes kNormSizes[] = {{3, 16, 40, 24, 8}, {2, 64, 5, 7, 32}, {1, 24, 19, 30, 3},
                                {2, 6, 3, 3, 2},    {4, 40, 1, 2, 5},  {1, 7, 33, 33, 7}};

TEST(GroupNormGradient, EqualsDoublePrecision) {
  use_threads();
  torch::manual_seed(1);
  for (const NormSizes& s : kNormSizes) {
    for (const bool silu : {false, true}) {
      const Tensors inputs = {channels_last({s.batch, s.channels, s.height, s.width}) * 2 + 1,
                              torch::randn({s.channels}), torch::randn({s.channels})};
      const torch::Tensor probe = channels_last({s.batch, s.channels, s.height, s.width});
      const auto gradients = [&](c10::ScalarType type) {
        const Tensors in = variables(inputs, type);
        const torch::Tensor y = compute::group_norm(in[0], s.groups, in[1], in[2], 1e-5, silu);
        Tensors all = torch::autograd::grad({(y * probe.to(type)).sum()}, in);
        all.push_back(y.detach());
        return all;
      };
      const Tensors actual = gradients(torch::kFloat32), expected = gradients(torch::kFloat64);
      for (std::size_t i = 0; i < actual.size(); ++i) {
        EXPECT_LE(relative_difference(actual[i], expected[i]), 5e-6)
            << "tensor " << i << " of " << s.channels << " channels, silu " << silu;
      }
      EXPECT_TRUE(actual[0].is_contiguous(torch::MemoryFormat::ChannelsLast));
    }
  }
}

TEST(GroupNormGradient, DoesNotDependOnTheNumberOfThreads) {
  torch::manual_seed(2);
  const Tensors inputs = {channels_last({3, 16, 40, 40}), torch::randn({16}), torch::randn({16})};
  const torch::Tensor probe = channels_last({3, 16, 40, 40});
  const auto gradients = [&](int threads) {
    use_threads(threads);
    const Tensors in = variables(inputs, torch::kFloat32);
    return torch::autograd::grad(
        {(compute::group_norm(in[0], 4, in[1], in[2], 1e-5, true) * probe).sum()}, in);
  };
  const Tensors one = gradients(1), three = gradients(3);
  use_threads();
  for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(torch::equal(one[i], three[i])) << i;
}

TEST(GroupNormGradient, LeavesOutWhatNeedsNone) {
  torch::manual_seed(3);
  const torch::Tensor x = channels_last({2, 8, 6, 6}).set_requires_grad(true);
  const torch::Tensor weight = torch::randn({8}), bias = torch::randn({8});
  const torch::Tensor y = compute::group_norm(x, 4, weight, bias, 1e-5, true);
  y.sum().backward();
  EXPECT_TRUE(x.grad().defined());
  EXPECT_FALSE(weight.grad().defined());
  EXPECT_FALSE(torch::equal(y, x)) << "the input must not be overwritten";
}

TEST(GroupNormGradient, CanBeDifferentiatedAgain) {
  torch::manual_seed(4);
  const Tensors inputs = {channels_last({2, 8, 5, 5}), torch::randn({8}), torch::randn({8})};
  const torch::Tensor probe = channels_last({2, 8, 5, 5});
  const auto second = [&](c10::ScalarType type) {
    const Tensors in = variables(inputs, type);
    const torch::Tensor y = compute::group_norm(in[0], 2, in[1], in[2], 1e-5, true);
    const Tensors first =
        torch::autograd::grad({(y * probe.to(type)).sum()}, {in[0], in[1]}, {}, true, true);
    return torch::autograd::grad({first[0].square().sum() + first[1].square().sum()}, in);
  };
  const Tensors actual = second(torch::kFloat32), expected = second(torch::kFloat64);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_LE(relative_difference(actual[i], expected[i]), 2e-5) << i;
  }
}

TEST(NormGradientKernel, EveryInstructionSetAgreesWithLibtorch) {
  torch::manual_seed(5);
  for (const VectorIsa isa : usable_isas()) {
    for (const std::int64_t channels : {1, 5, 16, 37, 80}) {
      for (const bool silu : {false, true}) {
        const std::int64_t rows = 45;
        const torch::Tensor x = torch::randn({rows, channels}),
                            gradient = torch::randn({rows, channels});
        const torch::Tensor mean = torch::randn({channels}), scale = torch::randn({channels}),
                            shift = torch::randn({channels}), offset = torch::randn({channels}),
                            slope = torch::randn({channels});
        const NormGradientRows all{x.data_ptr<float>(),
                                   gradient.data_ptr<float>(),
                                   rows,
                                   channels,
                                   mean.data_ptr<float>(),
                                   scale.data_ptr<float>(),
                                   shift.data_ptr<float>(),
                                   silu};
        torch::Tensor sum = torch::empty({channels}), product = torch::empty({channels});
        torch::Tensor result = torch::empty_like(x);
        norm_gradient_sums(isa, all, sum.data_ptr<float>(), product.data_ptr<float>());
        norm_gradient(isa, all, offset.data_ptr<float>(), slope.data_ptr<float>(),
                      result.data_ptr<float>());

        const torch::Tensor centred = wide(x) - wide(mean);
        const torch::Tensor z =
            (centred * wide(scale) + wide(shift)).detach().set_requires_grad(true);
        const torch::Tensor y = silu ? torch::silu(z) : z * 1;
        const torch::Tensor inner = torch::autograd::grad({y}, {z}, {wide(gradient)})[0];
        const std::string where = std::string(isa_name(isa)) + " " + std::to_string(channels);
        EXPECT_LE(relative_difference(sum, inner.sum(0)), 2e-5) << where;
        EXPECT_LE(relative_difference(product, (inner * centred).sum(0)), 2e-5) << where;
        EXPECT_LE(
            relative_difference(result, inner * wide(scale) - wide(offset) - centred * wide(slope)),
            2e-6)
            << where;
      }
    }
  }
}

TEST(DoubledConv2d, EqualsAConvolutionOfTheDoubledImage) {
  use_threads();
  torch::manual_seed(6);
  for (const auto& [batch, inputs, outputs, height, width] :
       {std::array<std::int64_t, 5>{2, 8, 16, 9, 6}, {1, 3, 5, 1, 1}, {3, 16, 4, 2, 33}}) {
    const Tensors tensors = {channels_last({batch, inputs, height, width}),
                             torch::randn({outputs, inputs, 3, 3}), torch::randn({outputs})};
    const torch::Tensor probe = torch::randn({batch, outputs, 2 * height, 2 * width});
    const Tensors in = variables(tensors, torch::kFloat32);
    const torch::Tensor y = doubled_conv2d(in[0], in[1], in[2]);
    const Tensors actual = torch::autograd::grad({(y * probe).sum()}, in);

    const Tensors reference = variables(tensors, torch::kFloat64);
    const torch::Tensor doubled =
        torch::upsample_nearest2d(reference[0], torch::IntArrayRef({2 * height, 2 * width}));
    const torch::Tensor z = torch::conv2d(doubled, reference[1], reference[2], 1, 1);
    const Tensors expected = torch::autograd::grad({(z * wide(probe)).sum()}, reference);
    EXPECT_EQ(y.sizes(), z.sizes());
    EXPECT_LE(relative_difference(y, z), 2e-6);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_LE(relative_difference(actual[i], expected[i]), 5e-6) << i;
    }
    EXPECT_LE(relative_difference(doubled_conv2d(in[0], in[1], {}),
                                  torch::conv2d(doubled, reference[1], {}, 1, 1)),
              2e-6);
  }
}

TEST(DoubledConv2d, CanBeDifferentiatedAgain) {
  torch::manual_seed(7);
  const Tensors tensors = {torch::randn({1, 4, 3, 5}), torch::randn({2, 4, 3, 3})};
  const auto second = [&](bool phases) {
    const Tensors in = variables(tensors, torch::kFloat32);
    const torch::Tensor y =
        phases ? doubled_conv2d(in[0], in[1], {})
               : torch::conv2d(torch::upsample_nearest2d(in[0], torch::IntArrayRef({6, 10})), in[1],
                               {}, 1, 1);
    const Tensors first = torch::autograd::grad({y.pow(3).sum()}, in, {}, true, true);
    return torch::autograd::grad({first[0].square().sum() + first[1].square().sum()}, in);
  };
  const Tensors actual = second(true), expected = second(false);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_LE(relative_difference(actual[i], expected[i]), 1e-4) << i;
  }
}

// What layers call: with gradients the values are those of the kernels without.
TEST(Conv2d, WithGradientsEqualsTheKernel) {
  torch::manual_seed(8);
  const torch::Tensor x = channels_last({2, 8, 7, 6}), weight = torch::randn({12, 8, 3, 3});
  const torch::Tensor bias = torch::randn({12}), rows = torch::randn({2, 12});
  for (const bool upsample : {false, true}) {
    Conv2dOptions options;
    options.padding = 1;
    options.upsample = upsample;
    const std::int64_t scale = upsample ? 2 : 1;
    const torch::Tensor residual = channels_last({2, 12, scale * 7, scale * 6});
    for (const torch::Tensor& offset : {bias, rows, torch::Tensor()}) {
      const torch::Tensor without = compute::conv2d(x, weight, offset, options, residual);
      const torch::Tensor leaf = x.clone().set_requires_grad(true);
      const torch::Tensor with = compute::conv2d(leaf, weight, offset, options, residual);
      EXPECT_TRUE(with.requires_grad());
      EXPECT_LE(relative_difference(with, without), 2e-6) << upsample;
    }
  }
}

}  // namespace
}  // namespace ersatz::compute
