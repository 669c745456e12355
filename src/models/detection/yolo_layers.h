// The blocks that YOLOv8 is made of, with Ultralytics' parameter names.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "compute/winograd.h"
#include "models/conv_layer.h"

namespace ersatz::models {

// "weight" [out, in, k, k] (channels-last in memory) and "bias" [out], uninitialised; padding k
// / 2.
class BiasedConv : public torch::nn::Module {
 public:
  BiasedConv(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride = 1);

  // x [B, in, H, W]; silu(y) = y * sigmoid(y) of the sum with the bias, then `residual` added.
  // Without gradients on the CPU by our kernels: 3x3 by compute/winograd.h, whose order of the
  // weights is kept until they change, others by compute/conv2d.h.
  torch::Tensor forward(const torch::Tensor& x, bool silu = false,
                        const torch::Tensor& residual = {});

 private:
  // With gradients.
  torch::Tensor training_convolution(const torch::Tensor& x) const;

  std::int64_t kernel_, stride_;
  torch::Tensor weight_, bias_;
  compute::WinogradWeights packed_;
  std::int64_t version_ = -1;  // of the weight that was packed
};

// Convolution, batch normalisation (epsilon 1e-3, momentum 0.03), SiLU: "conv.weight" and "bn.*";
// folded: "conv.weight" and "conv.bias".
class ConvUnit : public torch::nn::Module {
 public:
  // `padding` of zeros on every side, px; below 0: kernel / 2, the only one when folded.
  ConvUnit(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride, bool folded,
           std::int64_t padding = -1);
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& residual = {});

 private:
  std::shared_ptr<ConvLayer> conv_;
  std::shared_ptr<NormLayer> norm_;
  std::shared_ptr<BiasedConv> folded_;
};

// Two 3x3 units, the input added when `shortcut`: "cv1", "cv2".
class Bottleneck : public torch::nn::Module {
 public:
  Bottleneck(std::int64_t channels, bool shortcut, bool folded);
  torch::Tensor forward(const torch::Tensor& x);

 private:
  bool shortcut_;
  std::shared_ptr<ConvUnit> first_, second_;
};

// "cv1" to twice half the channels; `repeats` bottlenecks "m.<i>" one after another on the second
// half; "cv2" of all of them side by side.
class C2f : public torch::nn::Module {
 public:
  C2f(std::int64_t in, std::int64_t out, std::int64_t repeats, bool shortcut, bool folded);
  torch::Tensor forward(const torch::Tensor& x);

 private:
  std::shared_ptr<ConvUnit> first_, last_;
  std::vector<std::shared_ptr<Bottleneck>> bottlenecks_;
};

// Maxima over 5, 9 and 13 pixels beside each other: "cv1", "cv2".
class Sppf : public torch::nn::Module {
 public:
  Sppf(std::int64_t channels, bool folded);
  torch::Tensor forward(const torch::Tensor& x);

 private:
  std::shared_ptr<ConvUnit> first_, last_;
};

// Prototypes of masks at twice the resolution: "cv1", "upsample" (a transposed 2x2 convolution of
// stride 2), "cv2", "cv3".
class MaskPrototypes : public torch::nn::Module {
 public:
  MaskPrototypes(std::int64_t in, std::int64_t middle, std::int64_t out, bool folded);
  // x [B, in, h, w] -> [B, out, 2h, 2w].
  torch::Tensor forward(const torch::Tensor& x);

 private:
  std::shared_ptr<ConvUnit> cv1_, cv2_, cv3_;
  torch::Tensor weight_, bias_;  // of "upsample": [middle, middle, 2, 2] and [middle]
};

}  // namespace ersatz::models
