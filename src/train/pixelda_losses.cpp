#include "train/pixelda_losses.h"

#include <torch/nn/functional/loss.h>
#include <torch/types.h>

namespace ersatz::train {

// The cross-entropy of a logit z is softplus(-z) for target 1 and softplus(z) for target 0.
torch::Tensor domain_loss(const torch::Tensor& real_logits, const torch::Tensor& fake_logits) {
  return torch::softplus(-real_logits).mean() + torch::softplus(fake_logits).mean();
}

torch::Tensor fooling_loss(const torch::Tensor& fake_logits) {
  return torch::softplus(-fake_logits).mean();
}

torch::Tensor task_loss(const torch::Tensor& logits, const torch::Tensor& labels) {
  return torch::nn::functional::cross_entropy(logits, labels);
}

torch::Tensor pairwise_squared_error(const torch::Tensor& a, const torch::Tensor& b) {
  const torch::Tensor difference = (a - b).reshape({a.size(0), -1});
  const torch::Tensor mean = difference.mean(1);
  return (difference.square().mean(1) - mean.square()).mean();
}

torch::Tensor variety(const torch::Tensor& images) {
  return images.std(0, /*unbiased=*/false).mean();
}

}  // namespace ersatz::train
