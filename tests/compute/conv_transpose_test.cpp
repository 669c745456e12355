// The transposed convolution of compute/direct_conv.h.
#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <vector>

#include "compute/direct_conv.h"
#include "compute/double_precision.h"

namespace ersatz::compute {
namespace {

struct Case {
  std::int64_t batch, inputs, outputs, height, width, kernel, stride, padding;
};

// The generator's layers in small; odd sizes; channels that must be filled up; kernels smaller
// than their stride, whose result has pixels under no tap.
const std::vector<Case> kCases = {{2, 129, 128, 7, 7, 4, 2, 1}, {2, 32, 48, 5, 3, 4, 2, 1},
                                  {3, 17, 16, 4, 6, 3, 2, 1},   {1, 5, 3, 4, 4, 5, 1, 2},
                                  {2, 16, 1, 3, 3, 2, 3, 0},    {9, 16, 32, 6, 5, 4, 2, 0}};

TEST(DirectConvTranspose, ForwardAndGradientsEqualDoublePrecision) {
  torch::manual_seed(1);
  for (const Case& c : kCases) {
    SCOPED_TRACE(testing::Message() << c.batch << "x" << c.inputs << "x" << c.height << "x"
                                    << c.width << " to " << c.outputs << ", kernel " << c.kernel
                                    << ", stride " << c.stride << ", padding " << c.padding);
    const torch::Tensor x =
        channels_last(torch::randn({c.batch, c.inputs, c.height, c.width})).requires_grad_();
    const torch::Tensor weight =
        channels_last(torch::randn({c.inputs, c.outputs, c.kernel, c.kernel})).requires_grad_();
    const torch::Tensor bias = torch::randn({c.outputs}).requires_grad_();
    std::vector<torch::Tensor> exact;
    for (const torch::Tensor& leaf : {x, weight, bias}) {
      exact.push_back(leaf.detach().to(torch::kDouble).requires_grad_());
    }
    const torch::Tensor wanted =
        torch::conv_transpose2d(exact[0], exact[1], exact[2], c.stride, c.padding);
    const torch::Tensor y = direct_conv_transpose2d(x, weight, bias, c.stride, c.padding);
    ASSERT_EQ(y.sizes(), wanted.sizes());
    EXPECT_LT(error_of(y.detach(), wanted.detach()), 2e-6);
    const torch::Tensor dy = channels_last(torch::randn(y.sizes()));
    y.backward(dy);
    wanted.backward(dy.to(torch::kDouble));
    EXPECT_LT(error_of(x.grad(), exact[0].grad()), 2e-6);
    EXPECT_LT(error_of(weight.grad(), exact[1].grad()), 2e-6);
    EXPECT_LT(error_of(bias.grad(), exact[2].grad()), 2e-6);
    EXPECT_EQ(weight.grad().sizes(), weight.sizes());
    const torch::NoGradGuard no_grad;
    EXPECT_TRUE(torch::equal(direct_conv_transpose2d(x, weight, bias, c.stride, c.padding), y));
  }
}

TEST(DirectConvTranspose, TheBiasMayBeLeftOut) {
  torch::manual_seed(2);
  const torch::Tensor x = torch::randn({1, 16, 3, 3}), weight = torch::randn({16, 4, 4, 4});
  EXPECT_TRUE(torch::allclose(direct_conv_transpose2d(x, weight, {}, 2, 1),
                              torch::conv_transpose2d(x, weight, {}, 2, 1), 1e-4, 1e-4));
}

TEST(DirectConvTranspose, TheNumberOfThreadsChangesNoBit) {
  torch::manual_seed(3);
  const torch::Tensor x = torch::randn({5, 33, 7, 7}), dy = torch::randn({5, 32, 14, 14});
  const torch::Tensor weight = torch::randn({33, 32, 4, 4}), bias = torch::randn({32});
  const auto run = [&](int threads) {
    const int before = at::get_num_threads();
    at::set_num_threads(threads);
    const torch::Tensor in = x.clone().requires_grad_(), w = weight.clone().requires_grad_();
    const torch::Tensor y = direct_conv_transpose2d(in, w, bias, 2, 1);
    y.backward(dy);
    at::set_num_threads(before);
    return std::vector<torch::Tensor>{y.detach(), in.grad(), w.grad()};
  };
  const std::vector<torch::Tensor> one = run(1), three = run(3);
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(torch::equal(one[i], three[i])) << i;
}

TEST(DirectConvTranspose, OtherTypesAreLibtorchs) {
  torch::manual_seed(4);
  const auto options = torch::TensorOptions(torch::kDouble);
  const torch::Tensor x = torch::randn({1, 3, 4, 4}, options);
  const torch::Tensor weight = torch::randn({3, 2, 4, 4}, options);
  const torch::Tensor y = direct_conv_transpose2d(x, weight, {}, 2, 1);
  EXPECT_TRUE(torch::equal(y, torch::conv_transpose2d(x, weight, {}, 2, 1)));
  EXPECT_THROW(direct_conv_transpose2d(x, torch::zeros({4, 2, 4, 4}, options), {}, 2, 1),
               c10::Error);
}

}  // namespace
}  // namespace ersatz::compute
