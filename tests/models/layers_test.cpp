#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "models/initialise.h"
#include "models/noisy_dropout.h"
#include "models/offset_batch_norm.h"
#include "models/pool_relu.h"

namespace ersatz::models {
namespace {

TEST(PoolRelu, EqualsPoolingAndReluOfLibtorch) {
  for (const auto& sizes : std::vector<std::vector<std::int64_t>>{
           {3, 32, 28, 28}, {2, 5, 7, 9}, {1, 1, 2, 2}, {4, 64, 14, 14}, {2, 3, 3, 2}}) {
    torch::manual_seed(4);
    const torch::Tensor x = torch::randn(sizes);
    torch::Tensor ours = x.clone().set_requires_grad(true);
    torch::Tensor theirs = x.clone().set_requires_grad(true);
    const torch::Tensor y = pool_relu(ours), expected = torch::max_pool2d(torch::relu(theirs), 2);
    ASSERT_TRUE(torch::equal(y, expected)) << x.sizes();
    const torch::Tensor gradient = torch::randn_like(expected);
    y.backward(gradient);
    expected.backward(gradient);
    EXPECT_TRUE(torch::equal(ours.grad(), theirs.grad())) << x.sizes();
  }
}

TEST(PoolRelu, WorksWithoutGradientAndPassesNanOn) {
  const torch::NoGradGuard no_grad;
  torch::Tensor x = torch::zeros({1, 20, 4, 4});
  for (int position = 0; position < 4; ++position) {
    torch::Tensor with_nan = x.clone();
    with_nan.index_put_({0, 3, position / 2, position % 2}, NAN);
    const torch::Tensor y = pool_relu(with_nan);
    EXPECT_TRUE(y.isnan()[0][3][0][0].item<bool>()) << position;
    EXPECT_EQ(y.isnan().sum().item<int>(), 1) << position;
  }
}

TEST(NoisyDropout, GradientFollowsTheMask) {
  torch::Tensor x = torch::ones({50, 40}).set_requires_grad(true);
  const torch::Tensor y = noisy_dropout(x, 0.7, 0.0, 5);
  y.sum().backward();
  EXPECT_TRUE(torch::equal(x.grad(), y.detach()));  // both are mask / keep
  const double kept = (y != 0).to(torch::kFloat64).mean().item<double>();
  EXPECT_NEAR(kept, 0.7, 0.05);
}

TEST(NoisyDropout, DependsOnKeyAndNotOnThreads) {
  const torch::Tensor x = torch::randn({64, 1000});
  at::set_num_threads(1);
  const torch::Tensor alone = noisy_dropout(x, 0.9, 0.2, 8);
  at::set_num_threads(2);
  EXPECT_TRUE(torch::equal(alone, noisy_dropout(x, 0.9, 0.2, 8)));
  EXPECT_FALSE(torch::equal(alone, noisy_dropout(x, 0.9, 0.2, 9)));
}

TEST(OffsetBatchNorm, NormalisesAndTracks) {
  OffsetBatchNorm norm(3, 0.9);
  const torch::Tensor x = torch::randn({16, 3, 5, 5}) * 4 + 7;
  const torch::Tensor y = norm.forward(x, Statistics::kBatch);
  EXPECT_NEAR(y.mean().item<double>(), 0.0, 1e-5);
  EXPECT_NEAR(y.var({0, 2, 3}, false).mean().item<double>(), 1.0, 1e-3);
  EXPECT_EQ(norm.named_buffers()["running_mean"].abs().sum().item<float>(), 0.0F)
      << "kBatch must not move the running statistics";

  norm.forward(x, Statistics::kBatchAndUpdate);
  const torch::Tensor mean = norm.named_buffers()["running_mean"];
  EXPECT_TRUE(torch::allclose(mean, 0.1 * x.mean({0, 2, 3}), 1e-4, 1e-5));

  // With running statistics, a row does not depend on its neighbours.
  const torch::Tensor all = norm.forward(x, Statistics::kRunning);
  EXPECT_TRUE(torch::equal(all.slice(0, 3, 4),
                           norm.forward(x.slice(0, 3, 4).contiguous(), Statistics::kRunning)));
  EXPECT_EQ(norm.parameters().size(), 1U) << "an offset and no scale";
}

TEST(Initialise, GlorotStaysInsideItsLimit) {
  const torch::Tensor kernel = glorot_weights({64, 32, 5, 5}, 1, "k");
  const double limit = std::sqrt(6.0 / ((64 + 32) * 25));
  EXPECT_LE(kernel.abs().max().item<double>(), limit);
  EXPECT_NEAR(kernel.std().item<double>(), limit / std::sqrt(3.0), 0.01 * limit);
  EXPECT_TRUE(torch::equal(kernel, glorot_weights({64, 32, 5, 5}, 1, "k")));
  EXPECT_FALSE(torch::equal(kernel, glorot_weights({64, 32, 5, 5}, 2, "k")));
  EXPECT_TRUE(torch::equal(kernel, channels_last_kernel(kernel)));
}

}  // namespace
}  // namespace ersatz::models
