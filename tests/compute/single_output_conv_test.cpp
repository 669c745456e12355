#include "compute/single_output_conv.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <vector>

#include "compute/double_precision.h"

namespace ersatz::compute {
namespace {

struct Case {
  std::int64_t batch, channels, height, width, kernel, padding;
};

const std::vector<Case> kCases = {{3, 128, 28, 28, 7, 3},
                                  {2, 16, 5, 9, 3, 1},
                                  {1, 32, 6, 6, 5, 0},
                                  {2, 16, 3, 2, 7, 3},
                                  {2, 10, 8, 8, 3, 1}};  // the last: libtorch's

TEST(SingleOutputConv, ForwardAndGradientsEqualDoublePrecision) {
  torch::manual_seed(1);
  for (const Case& c : kCases) {
    SCOPED_TRACE(testing::Message()
                 << c.batch << "x" << c.channels << "x" << c.height << "x" << c.width << ", kernel "
                 << c.kernel << ", padding " << c.padding);
    const torch::Tensor x = torch::randn({c.batch, c.channels, c.height, c.width})
                                .contiguous(torch::MemoryFormat::ChannelsLast)
                                .requires_grad_();
    const torch::Tensor weight = torch::randn({1, c.channels, c.kernel, c.kernel}).requires_grad_();
    const torch::Tensor bias = torch::randn({1}).requires_grad_();
    std::vector<torch::Tensor> exact;
    for (const torch::Tensor& leaf : {x, weight, bias}) {
      exact.push_back(leaf.detach().to(torch::kDouble).requires_grad_());
    }
    const torch::Tensor wanted = torch::conv2d(exact[0], exact[1], exact[2], 1, c.padding);
    const torch::Tensor y = single_output_conv2d(x, weight, bias, c.padding);
    ASSERT_EQ(y.sizes(), wanted.sizes());
    EXPECT_LT(error_of(y.detach(), wanted.detach()), 2e-6);
    const torch::Tensor dy = torch::randn(y.sizes());
    y.backward(dy);
    wanted.backward(dy.to(torch::kDouble));
    EXPECT_LT(error_of(x.grad(), exact[0].grad()), 2e-6);
    EXPECT_LT(error_of(weight.grad(), exact[1].grad()), 2e-6);
    EXPECT_LT(error_of(bias.grad(), exact[2].grad()), 2e-6);
  }
}

TEST(SingleOutputConv, TheNumberOfThreadsChangesNoBit) {
  torch::manual_seed(3);
  const torch::Tensor x = torch::randn({5, 32, 9, 9}), dy = torch::randn({5, 1, 9, 9});
  const torch::Tensor weight = torch::randn({1, 32, 7, 7});
  const auto run = [&](int threads) {
    const int before = at::get_num_threads();
    at::set_num_threads(threads);
    const torch::Tensor in = x.clone().requires_grad_(), w = weight.clone().requires_grad_();
    const torch::Tensor y = single_output_conv2d(in, w, {}, 3);
    y.backward(dy);
    at::set_num_threads(before);
    return std::vector<torch::Tensor>{y.detach(), in.grad(), w.grad()};
  };
  const std::vector<torch::Tensor> one = run(1), three = run(3);
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(torch::equal(one[i], three[i])) << i;
}

TEST(SingleOutputConv, TheBiasMayBeLeftOut) {
  torch::manual_seed(2);
  const torch::Tensor x = torch::randn({1, 16, 4, 4}), weight = torch::randn({1, 16, 3, 3});
  EXPECT_TRUE(torch::allclose(single_output_conv2d(x, weight, {}, 1),
                              torch::conv2d(x, weight, {}, 1, 1), 1e-4, 1e-4));
  EXPECT_THROW(single_output_conv2d(x, torch::zeros({2, 16, 3, 3}), {}, 1), c10::Error);
}

}  // namespace
}  // namespace ersatz::compute
