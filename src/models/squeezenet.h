// SqueezeNet 1.0 (Iandola et al. 2016).
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "models/image_classifier.h"

namespace ersatz::models {

// Parameters have the names and shapes of torchvision's squeezenet1_0: features.0.weight,
// features.3.squeeze.weight, ..., classifier.1.weight [classes, 512, 1, 1]. Pooling windows may
// hang over the edge (ceil mode), as there and in Caffe. Initial weights as there: He-uniform, the
// classifier normal with deviation 0.01, biases 0.
class SqueezeNet : public ImageClassifier {
 public:
  // `dropout` before the classifier. Error::usage for less than one class or a dropout outside
  // [0, 1).
  SqueezeNet(std::int64_t classes, double dropout, std::uint64_t seed);

  // images [B, 3, H, W], at least 21 x 21; features [B, 512, h, w], 13 x 13 for 224 x 224.
  torch::Tensor features(const torch::Tensor& images) override;
  // In training, features are dropped by libtorch's generator (compute/seeding.h).
  torch::Tensor head(const torch::Tensor& features) override;
  std::vector<std::string> head_parameters() const override {
    return {"classifier.1.weight", "classifier.1.bias"};
  }

 private:
  struct Conv {
    torch::Tensor weight, bias;
  };
  struct Fire {
    Conv squeeze, expand1, expand3;
  };

  double dropout_;
  Conv stem_, classifier_;
  std::vector<Fire> fires_;
};

}  // namespace ersatz::models
