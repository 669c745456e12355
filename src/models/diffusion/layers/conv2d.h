// A 3x3 convolution over feature maps, the only kind these networks have besides 1x1, which is
// layers/linear.h.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>

namespace ersatz::models {

enum class ConvSampling {
  kSame,       // one pixel of padding on every side
  kHalf,       // the same with stride 2: sizes are halved, rounding up
  kHalfAfter,  // stride 2, padding only right and below: sizes are halved, rounding down
  kDouble,     // of the input enlarged twofold, nearest neighbours
};

// What is added to the result of a convolution, on the way to memory.
struct ConvTerms {
  torch::Tensor offset;    // [B or 1, out]: the same for all pixels
  torch::Tensor residual;  // [B, out, H', W']
};

// Parameters "weight" [out, in, 3, 3] (channels-last in memory) and "bias" [out] are allocated but
// not initialised, and take no gradients until asked to. They may be kept in another
// floating-point type than the input's: the layer computes in the type of its input.
class Conv2d : public torch::nn::Module {
 public:
  Conv2d(std::int64_t in, std::int64_t out, ConvSampling sampling = ConvSampling::kSame,
         bool bias = true);

  // x [B, in, H, W] -> [B, out, H', W'], both channels-last in memory.
  torch::Tensor forward(const torch::Tensor& x, const ConvTerms& terms = {}) const;
  // As if the layer were of kind kSame: for inputs that the caller enlarged to another size.
  torch::Tensor forward_same(const torch::Tensor& x) const;

 private:
  torch::Tensor convolve(const torch::Tensor& x, ConvSampling sampling,
                         const ConvTerms& terms) const;

  ConvSampling sampling_;
  torch::Tensor weight_, bias_;
};

}  // namespace ersatz::models
