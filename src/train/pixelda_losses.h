// The losses of PixelDA (Bousmalis et al. 2017, section 3), each a mean over the batch.
#pragma once

#include <torch/types.h>

namespace ersatz::train {

// Sigmoid cross-entropy of real images as 1 and of transferred ones as 0, added (equation 1 as the
// discriminator minimises it). Logits [B, 1].
torch::Tensor domain_loss(const torch::Tensor& real_logits, const torch::Tensor& fake_logits);

// The generator's non-saturating side: transferred images should be taken for real.
torch::Tensor fooling_loss(const torch::Tensor& fake_logits);

// Softmax cross-entropy with logits [B, classes] and int64 labels [B] (one term of equation 3).
torch::Tensor task_loss(const torch::Tensor& logits, const torch::Tensor& labels);

// Pairwise mean squared error (equation 4, without mask): with d = a - b over the k pixels of an
// image, sum(d^2) / k - (sum d)^2 / k^2. A constant shift costs nothing.
torch::Tensor pairwise_squared_error(const torch::Tensor& a, const torch::Tensor& b);

// Mean over pixels of the deviation across the batch: 0 when all images are the same.
torch::Tensor variety(const torch::Tensor& images);

}  // namespace ersatz::train
