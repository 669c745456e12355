// Scaled dot-product attention: softmax(q k^T * scale) v, head by head.
//
// On the CPU in float32 by a cache-blocked kernel with an online softmax (Milakov & Gimelshein
// 2018; Dao et al. 2022, Algorithms 1 and 4), so that the [N, M] probabilities never exist, not for
// gradients either; in other types by libtorch; on CUDA by libtorch's fused attention where it has
// one. Differentiable once on the CPU.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace ersatz::compute {

// q [B, N, heads*D], k [B, M, heads*D], v [B, M, heads*Dv], channels of a head contiguous.
// Returns [B, N, heads*Dv]. `causal`: query i sees keys 0..i (N == M). Any N, M >= 1; D <= 512.
// A q that is handed over (moved in, nobody else holds it) is overwritten where it has room.
torch::Tensor attention(torch::Tensor q, const torch::Tensor& k, const torch::Tensor& v,
                        std::int64_t heads, double scale, bool causal = false);

// The same where only some keys count: `seen` bool [B, M]. Causal: query i sees the keys 0..i that
// count, and the first one must. By libtorch: for a text encoder's few tokens.
torch::Tensor masked_attention(const torch::Tensor& q, const torch::Tensor& k,
                               const torch::Tensor& v, std::int64_t heads, double scale,
                               const torch::Tensor& seen, bool causal = false);

// The probabilities themselves, softmax(q k^T * scale) as [B, heads, N, M], for the few places
// that need them (cross-attention maps).
torch::Tensor attention_probabilities(const torch::Tensor& q, const torch::Tensor& k,
                                      std::int64_t heads, double scale);

}  // namespace ersatz::compute
