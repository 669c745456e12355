#include "train/detection/box_loss.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace ersatz::train {

namespace {

constexpr float kEpsilon = 1e-7F;
constexpr float kPi = 3.14159265358979F;

}  // namespace

torch::Tensor complete_overlap(const torch::Tensor& a, const torch::Tensor& b) {
  const std::vector<torch::Tensor> p = a.unbind(-1), q = b.unbind(-1);
  const torch::Tensor w1 = p[2] - p[0], h1 = p[3] - p[1] + kEpsilon;
  const torch::Tensor w2 = q[2] - q[0], h2 = q[3] - q[1] + kEpsilon;
  const torch::Tensor both =
      (torch::minimum(p[2], q[2]) - torch::maximum(p[0], q[0])).clamp_min(0) *
      (torch::minimum(p[3], q[3]) - torch::maximum(p[1], q[1])).clamp_min(0);
  const torch::Tensor overlap = both / (w1 * h1 + w2 * h2 - both + kEpsilon);
  const torch::Tensor hull_width = torch::maximum(p[2], q[2]) - torch::minimum(p[0], q[0]);
  const torch::Tensor hull_height = torch::maximum(p[3], q[3]) - torch::minimum(p[1], q[1]);
  const torch::Tensor diagonal = hull_width.square() + hull_height.square() + kEpsilon;
  const torch::Tensor distance =
      ((q[0] + q[2] - p[0] - p[2]).square() + (q[1] + q[3] - p[1] - p[3]).square()) / 4;
  const torch::Tensor aspect =
      (torch::atan(w2 / h2) - torch::atan(w1 / h1)).square() * (4 / (kPi * kPi));
  torch::Tensor weight;
  {
    const torch::NoGradGuard no_grad;
    weight = aspect / (aspect - overlap + (1 + kEpsilon));
  }
  return overlap - (distance / diagonal + aspect * weight);
}

float complete_overlap(const float* a, const float* b) {
  const float w1 = a[2] - a[0], h1 = a[3] - a[1] + kEpsilon;
  const float w2 = b[2] - b[0], h2 = b[3] - b[1] + kEpsilon;
  const float both = std::max(0.0F, std::min(a[2], b[2]) - std::max(a[0], b[0])) *
                     std::max(0.0F, std::min(a[3], b[3]) - std::max(a[1], b[1]));
  const float overlap = both / (w1 * h1 + w2 * h2 - both + kEpsilon);
  const float width = std::max(a[2], b[2]) - std::min(a[0], b[0]);
  const float height = std::max(a[3], b[3]) - std::min(a[1], b[1]);
  const float x = b[0] + b[2] - a[0] - a[2], y = b[1] + b[3] - a[1] - a[3];
  const float turn = std::atan(w2 / h2) - std::atan(w1 / h1);
  const float aspect = turn * turn * (4 / (kPi * kPi));
  const float weight = aspect / (aspect - overlap + (1 + kEpsilon));
  return overlap -
         ((x * x + y * y) / 4 / (width * width + height * height + kEpsilon) + aspect * weight);
}

torch::Tensor generalised_overlap(const torch::Tensor& a, const torch::Tensor& b) {
  const std::vector<torch::Tensor> p = a.unbind(-1), q = b.unbind(-1);
  const torch::Tensor both =
      (torch::minimum(p[2], q[2]) - torch::maximum(p[0], q[0])).clamp_min(0) *
      (torch::minimum(p[3], q[3]) - torch::maximum(p[1], q[1])).clamp_min(0);
  const torch::Tensor either = (p[2] - p[0]) * (p[3] - p[1]) + (q[2] - q[0]) * (q[3] - q[1]) - both;
  const torch::Tensor hull = (torch::maximum(p[2], q[2]) - torch::minimum(p[0], q[0])) *
                             (torch::maximum(p[3], q[3]) - torch::minimum(p[1], q[1]));
  return both / (either + kEpsilon) - (hull - either) / (hull + kEpsilon);
}

torch::Tensor distribution_focal_loss(const torch::Tensor& logits, const torch::Tensor& distances) {
  const torch::Tensor left = distances.floor(), share = distances - left;
  const torch::Tensor logs = torch::log_softmax(logits, -1);
  const torch::Tensor bin = left.to(torch::kInt64).unsqueeze(-1);
  const torch::Tensor at_left = -logs.gather(-1, bin).squeeze(-1);
  const torch::Tensor at_right = -logs.gather(-1, bin + 1).squeeze(-1);
  return (at_left * (1 - share) + at_right * share).mean(-1);
}

}  // namespace ersatz::train
