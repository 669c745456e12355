// Networks that classify photos, behind one interface.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ersatz::models {

class ImageClassifier : public torch::nn::Module {
 public:
  // images: float32 [B, 3, H, W], scaled as the weights expect (data/photos/pixel_scaling.h).
  // Returns logits [B, classes].
  torch::Tensor forward(const torch::Tensor& images) { return head(features(images)); }

  // What the classifier sees of the images: [B, F, h, w], and averaged over the pixels [B, F].
  virtual torch::Tensor features(const torch::Tensor& images) = 0;
  virtual torch::Tensor head(const torch::Tensor& features) = 0;
  torch::Tensor pooled_features(const torch::Tensor& images) {
    return features(images).mean({2, 3});
  }

  // The parameters of the last layer, which depend on the classes.
  virtual std::vector<std::string> head_parameters() const = 0;
};

// Which network. The options that an architecture does not have must keep their defaults.
struct ClassifierArchitecture {
  std::string name = "resnet18";  // resnet10, resnet18, resnet34 or squeezenet1_0
  std::int64_t classes = 1000;
  std::int64_t width = 64;  // ResNet: channels of the first stage
  // ResNet: 3x3 of stride 1 without pooling instead of 7x7 of stride 2 with pooling, for small
  // images (He et al. 2016, section 4.2).
  bool small_stem = false;
  // ResNet: the last normalisation of each block begins at 0, as timm does (Goyal et al. 2017);
  // torchvision: 1.
  bool zero_init_residual = true;
  double dropout = 0.5;  // SqueezeNet, before the classifier
};

// Error::unknown for another name; Error::usage for options that make no network. Weights depend
// only on `seed`.
std::shared_ptr<ImageClassifier> make_image_classifier(const ClassifierArchitecture& architecture,
                                                       std::uint64_t seed);

}  // namespace ersatz::models
