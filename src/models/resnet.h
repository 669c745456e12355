// Residual networks of basic blocks: ResNet-18 and -34 (He et al. 2016, table 1).
#pragma once

#include <torch/types.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "models/conv_layer.h"
#include "models/image_classifier.h"

namespace ersatz::models {

struct ResNetOptions {
  std::array<std::int64_t, 4> blocks = {2, 2, 2, 2};  // of each stage; ResNet-34: 3, 4, 6, 3
  std::int64_t classes = 1000;
  std::int64_t width = 64;  // channels of the first stage; they double from stage to stage
  bool small_stem = false;
  bool zero_init_residual = true;
};

class BasicBlock;

// Parameters and buffers have the names and shapes of torchvision's (and timm's) resnet18:
// conv1.weight, bn1.*, layer1.0.conv1.weight, ..., layer2.0.downsample.0.weight,
// layer2.0.downsample.1.*, fc.weight, fc.bias. Initial weights as there: kernels normal with
// deviation sqrt(2 / (out * k * k)), the classifier uniform in +-1/sqrt(features).
class ResNet : public ImageClassifier {
 public:
  // Error::usage for sizes below 1.
  ResNet(const ResNetOptions& options, std::uint64_t seed);

  // images [B, 3, H, W]; features [B, 8 * width, H/32, W/32] (small stem: H/8, W/8), rounded up.
  torch::Tensor features(const torch::Tensor& images) override;
  torch::Tensor head(const torch::Tensor& features) override;
  std::vector<std::string> head_parameters() const override { return {"fc.weight", "fc.bias"}; }

 private:
  bool small_stem_;
  std::shared_ptr<ConvLayer> conv1_;
  std::shared_ptr<NormLayer> bn1_;
  std::vector<std::shared_ptr<BasicBlock>> blocks_;
  torch::Tensor fc_weight_, fc_bias_;
};

}  // namespace ersatz::models
