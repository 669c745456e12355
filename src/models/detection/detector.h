// Networks that find objects, behind one interface for prediction and one for training.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace ersatz::models {

// What is at each of A places of each picture, before thresholds and suppression.
struct Predictions {
  torch::Tensor boxes;         // float32 [B, A, 4]: x0, y0, x1, y1 in px of the network's input
  torch::Tensor scores;        // float32 [B, A, classes] in [0, 1], each class on its own
  torch::Tensor coefficients;  // float32 [B, A, M], or undefined: no masks
  torch::Tensor prototypes;    // float32 [B, M, h, w]; a mask is where coefficients * them > 0
};

// What can be asked for predictions.
class Predictor {
 public:
  virtual ~Predictor() = default;

  // images: float32 [B, 3, H, W], RGB in [0, 1], H and W multiples of stride().
  virtual Predictions predict(const torch::Tensor& images) = 0;

  virtual std::int64_t classes() const = 0;
  virtual bool has_masks() const = 0;
  virtual std::int64_t stride() const = 0;
  // Side of the only square input that can be predicted, 0 for any size.
  virtual std::int64_t fixed_size() const { return 0; }
};

// What a network says before it is decoded, level by level from the finest: what its loss sees.
// Channels are the family's own.
struct DetectorMaps {
  struct Level {
    torch::Tensor boxes, classes, coefficients;  // [B, C, h, w]; the last may be undefined
    std::int64_t stride = 0;                     // px of the input per cell
  };
  std::vector<Level> levels;
  torch::Tensor prototypes;  // [B, M, h, w], or undefined
};

// One of our networks: YOLOv8 now; other families differ in maps() and decode().
class Detector : public torch::nn::Module, public Predictor {
 public:
  virtual DetectorMaps maps(const torch::Tensor& images) = 0;
  virtual Predictions decode(const DetectorMaps& maps) const = 0;

  Predictions predict(const torch::Tensor& images) override {
    const torch::NoGradGuard no_grad;
    return decode(maps(images));
  }
};

}  // namespace ersatz::models
