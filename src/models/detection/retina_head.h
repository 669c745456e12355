// The heads of RetinaNet, with torchvision's names.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "models/conv_layer.h"
#include "models/detection/yolo_layers.h"

namespace ersatz::models {

inline constexpr std::int64_t kRetinaWidth = 256;  // channels of the pyramid and of the heads

// Four 3x3 convolutions with ReLU and a last one without, applied to every level of the pyramid.
// Weights are drawn by whoever owns it.
class RetinaHead : public torch::nn::Module {
 public:
  // `last`: the name of the last convolution. Not normalised: "conv.0", "conv.2", "conv.4",
  // "conv.6", with biases. Normalised by groups (32 of them, Wu & He 2018): "conv.0.0.weight" and
  // "conv.0.1.*" to "conv.3.*", without.
  RetinaHead(const std::string& last, std::int64_t outputs, bool normalised);

  // x [B, kRetinaWidth, h, w] -> [B, outputs, h, w].
  torch::Tensor forward(torch::Tensor x) const;

 private:
  struct Normalised {
    std::shared_ptr<ConvLayer> conv;
    torch::Tensor weight, bias;  // of the normalisation
  };

  std::array<std::shared_ptr<BiasedConv>, 4> plain_;
  std::array<Normalised, 4> normalised_;
  std::shared_ptr<BiasedConv> last_;
  bool is_normalised_;
};

}  // namespace ersatz::models
