#include "train/detection/box_loss.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

namespace ersatz::train {
namespace {

constexpr double kPi = 3.14159265358979323846;

torch::Tensor boxes(std::initializer_list<float> numbers) {
  return torch::tensor(std::vector<float>(numbers)).view({-1, 4});
}

TEST(CompleteOverlap, OfEqualBoxesIsOne) {
  EXPECT_NEAR(complete_overlap(boxes({1, 2, 5, 9}), boxes({1, 2, 5, 9})).item<float>(), 1, 1e-6);
}

TEST(CompleteOverlap, ByHand) {
  // 2 x 2 at the origin with 2 x 4 at (1, 1): overlap 1 / (4 + 8 - 1); hull 3 x 5; middles (1, 1)
  // and (2, 3): distance 5 of 34; aspect ratios 1 and 1/2.
  const double overlap = 1.0 / 11;
  const double turn = std::atan(0.5) - std::atan(1.0);
  const double v = 4 / (kPi * kPi) * turn * turn;
  const double wanted = overlap - 5.0 / 34 - v * v / (1 - overlap + v);
  const torch::Tensor a = boxes({0, 0, 2, 2}), b = boxes({1, 1, 3, 5});
  EXPECT_NEAR(complete_overlap(a, b).item<float>(), wanted, 1e-6);
  EXPECT_NEAR(complete_overlap(a.data_ptr<float>(), b.data_ptr<float>()), wanted, 1e-6);
}

TEST(CompleteOverlap, OfBoxesApartIsNegative) {
  // No overlap: middles 10 apart, hull 12 x 2.
  EXPECT_NEAR(complete_overlap(boxes({0, 0, 2, 2}), boxes({10, 0, 12, 2})).item<float>(),
              -100.0 / 148, 1e-6);
}

TEST(CompleteOverlap, BothWaysAgreeAndGradientsAreThoseOfDifferences) {
  torch::manual_seed(3);
  torch::Tensor a = torch::rand({50, 4}) * 20, b = torch::rand({50, 4}) * 20;
  for (torch::Tensor* t : {&a, &b}) {
    t->narrow(1, 2, 2).add_(t->narrow(1, 0, 2)).add_(0.5);
  }
  const torch::Tensor together = complete_overlap(a, b);
  for (std::int64_t i = 0; i < 50; ++i) {
    EXPECT_NEAR(together[i].item<float>(),
                complete_overlap(a.data_ptr<float>() + 4 * i, b.data_ptr<float>() + 4 * i), 2e-6);
  }
  // Boxes of one shape: then the weight of the aspect ratio, held constant, is 0.
  const torch::Tensor x = boxes({1, 1, 5, 6}).to(torch::kDouble).set_requires_grad(true);
  const torch::Tensor y = boxes({2, 3, 6, 8}).to(torch::kDouble);
  complete_overlap(x, y).sum().backward();
  for (std::int64_t i = 0; i < 4; ++i) {
    const torch::NoGradGuard no_grad;
    torch::Tensor up = x.detach().clone(), down = x.detach().clone();
    up[0][i] += 1e-5;
    down[0][i] -= 1e-5;
    const double slope =
        (complete_overlap(up, y) - complete_overlap(down, y)).item<double>() / 2e-5;
    EXPECT_NEAR(x.grad()[0][i].item<double>(), slope, 1e-6);
  }
}

TEST(DistributionFocalLoss, ByHand) {
  // Four sides of 4 bins. Equal logits: log 4 whatever the distance.
  const torch::Tensor flat = torch::zeros({1, 4, 4});
  const torch::Tensor distances = torch::tensor({{0.0F, 0.5F, 1.25F, 2.9F}});
  EXPECT_NEAR(distribution_focal_loss(flat, distances).item<float>(), std::log(4.0), 1e-6);
  // Logits log 1, log 2, log 3, log 4: probabilities 0.1, 0.2, 0.3, 0.4.
  const torch::Tensor rising =
      torch::log(torch::tensor({1.0F, 2.0F, 3.0F, 4.0F})).expand({1, 4, 4});
  const double wanted =
      (-std::log(0.1) - 0.5 * std::log(0.1) - 0.5 * std::log(0.2) - 0.75 * std::log(0.2) -
       0.25 * std::log(0.3) - 0.1 * std::log(0.3) - 0.9 * std::log(0.4)) /
      4;
  EXPECT_NEAR(distribution_focal_loss(rising, distances).item<float>(), wanted, 1e-5);
}

}  // namespace
}  // namespace ersatz::train
