// Networks that judge generated pictures, trained on scenes of the domain "web" while a test runs.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "data/images/rgb_image.h"
#include "data/photos/photo_set.h"
#include "data/scenes/scene.h"
#include "models/classifier_file.h"
#include "train/photo_evaluation.h"

namespace ersatz::test {

// Tells the values of one attribute apart ("fruit", or a car's "colour"), or kinds of scenes.
class AttributeJudge {
 public:
  // `fixed`: attributes all its scenes share.
  AttributeJudge(data::SceneKind kind, const std::string& attribute,
                 std::vector<std::string> values, const data::SceneAttributes& fixed = {});
  explicit AttributeJudge(const std::vector<data::SceneKind>& kinds);
  // Tells any sets of pictures apart: `picture` gives number `index` of the set `value`.
  using Picture = std::function<data::RgbImage(std::size_t value, std::int64_t index)>;
  AttributeJudge(std::vector<std::string> values, const Picture& picture);

  static constexpr int kSide = 64;  // px that it sees
  const std::vector<std::string>& values() const { return values_; }
  double accuracy() const { return accuracy_; }  // on scenes it was not trained on
  // Share of the photos that show what their label says.
  double share_right(const data::PhotoSet& photos) const;
  // What it sees of each photo, for distances between sets.
  train::PhotoFeatures features(const data::PhotoSet& photos) const;

 private:
  std::vector<std::string> values_;
  models::LoadedClassifier classifier_;
  double accuracy_ = 0;
};

// Says which pixels belong to a fruit.
class FruitSegmenter {
 public:
  FruitSegmenter();

  double intersection_over_union() const { return iou_; }  // on scenes it was not trained on
  // bool [height, width].
  torch::Tensor mask(const data::RgbImage& picture) const;

 private:
  torch::Tensor logits(const torch::Tensor& pictures) const;    // [B, 3, H, W] -> [B, H / 4, W / 4]
  torch::Tensor object_of(const torch::Tensor& picture) const;  // [3, H, W] -> bool [H, W]

  std::vector<torch::Tensor> kernels_, biases_;
  double iou_ = 0;
};

// |a and b| / |a or b|, 1 for two empty masks.
double intersection_over_union(const torch::Tensor& a, const torch::Tensor& b);

}  // namespace ersatz::test
