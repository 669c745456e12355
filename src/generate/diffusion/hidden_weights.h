// What a weight of a token does to the text encoder's output.
#pragma once

#include <torch/types.h>

#include <vector>

namespace ersatz::generate {

// AUTOMATIC1111: hidden [B, L, d] times weights [L], then every row of the batch scaled so that the
// mean over its L*d numbers is what it was. Computed in float32.
torch::Tensor weight_keeping_mean(const torch::Tensor& hidden, const std::vector<double>& weights);

// compel: empty + weight * (hidden - empty), the hidden states of the empty prompt being the point
// from which tokens are pushed away, or to which they are drawn; tokens of weight 1 stay exactly
// what they are (EmbeddingsProvider.build_weighted_embedding_tensor). Shapes as above, empty [1, L,
// d].
torch::Tensor weight_from_empty(const torch::Tensor& hidden, const torch::Tensor& empty,
                                const std::vector<double>& weights);

// compel, weights below 1: how much the prompt in which the words are masked counts beside the
// prompt itself, which counts 1: tan((1 - weight) * pi / 2), so 0 at weight 1, 1 at 0.5 and 63662
// at 0 (the weight is at least 1e-5 there) and below.
double share_without(double weight);

}  // namespace ersatz::generate
