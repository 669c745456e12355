// A fully connected layer.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <utility>

namespace ersatz::models {

// How the file stores the weight: [out, in], or [out, in, 1, 1] as the 1x1 convolution it also is.
enum class LinearWeight { kMatrix, kKernel };

// A term of low rank that is added to a weight while it is learned (Hu et al. 2021, section 4.1):
// scale * up x down. The tensors may be of another floating-point type than the input.
struct LowRankTerm {
  torch::Tensor down;  // [rank, in]
  torch::Tensor up;    // [out, rank]
  double scale = 1;
};

// Parameters "weight" and, with `bias`, "bias" are allocated but not initialised, and take no
// gradients until asked to. They may be kept in another floating-point type than the input's: the
// layer computes in the type of its input.
class Linear : public torch::nn::Module {
 public:
  Linear(std::int64_t in, std::int64_t out, bool bias = true,
         LinearWeight shape = LinearWeight::kMatrix);

  // x [..., in] -> [..., out], plus `residual` [..., out] if given.
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& residual = {}) const;
  // The same at every pixel of a map: [B, in, H, W] -> [B, out, H, W].
  torch::Tensor forward_map(const torch::Tensor& map) const;
  // geglu(forward(x)) (compute/fused_layers.h) without storing the result of the layer:
  // [..., in] -> [..., out / 2].
  torch::Tensor forward_geglu(const torch::Tensor& x) const;

  const torch::Tensor& weight() const { return weight_; }
  // From here on the layer computes with weight + term, until it is given null. The term is no
  // parameter of the layer: it is not listed, saved or moved with it.
  void set_low_rank(std::shared_ptr<const LowRankTerm> term) { low_rank_ = std::move(term); }

 private:
  torch::Tensor matrix() const;  // the weight as [out, in]

  torch::Tensor weight_, bias_;
  std::shared_ptr<const LowRankTerm> low_rank_;  // null: none
};

}  // namespace ersatz::models
