// YOLOv8 (Ultralytics 2023): detection and segmentation in five scales.
#pragma once

#include <torch/types.h>

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "models/detection/detector.h"
#include "models/detection/yolo_layers.h"
#include "models/detection/yolov8_config.h"

namespace ersatz::models {

class Yolov8Head;

// Parameters and buffers have Ultralytics' names and shapes: model.0.conv.weight, model.0.bn.*,
// ..., model.22.cv2.0.2.bias, model.22.dfl.conv.weight (a constant buffer), with masks
// model.22.cv4.* and model.22.proto.*. Uninitialised: loaded (yolov8_weights.h) or drawn
// (initialise_yolov8). Begins in evaluation mode.
class Yolov8 : public Detector {
 public:
  // Error::usage for a configuration that makes no network.
  explicit Yolov8(const Yolov8Config& config);

  // images [B, 3, H, W], H and W multiples of 32. Levels of stride 8, 16, 32: boxes [B, 64, h, w],
  // the distances from the cell's middle to left, top, right and bottom as logits of 16 bins each
  // (Li et al. 2020, "Generalized focal loss"); classes [B, classes, h, w], logits; coefficients
  // [B, M, h, w]. prototypes [B, M, H/4, W/4].
  DetectorMaps maps(const torch::Tensor& images) override;
  Predictions decode(const DetectorMaps& maps) const override;

  std::int64_t classes() const override { return config_.classes; }
  bool has_masks() const override { return config_.masks; }
  std::int64_t stride() const override { return kYolov8Strides.back(); }
  const Yolov8Config& config() const { return config_; }

 private:
  Yolov8Config config_;
  std::array<std::shared_ptr<ConvUnit>, 5> stem_;  // layers 0, 1, 3, 5, 7
  std::array<std::shared_ptr<C2f>, 4> stages_;     // 2, 4, 6, 8
  std::shared_ptr<Sppf> sppf_;                     // 9
  std::array<std::shared_ptr<C2f>, 4> neck_;       // 12, 15, 18, 21
  std::array<std::shared_ptr<ConvUnit>, 2> down_;  // 16, 19
  std::shared_ptr<Yolov8Head> head_;               // 22
};

// Ultralytics' initial weights: kernels and biases uniform in +-1/sqrt(fan-in), normalisations 1
// and 0; in the head the biases of boxes 1, of classes such that 5 objects are expected in a
// picture of 640 px (Lin et al. 2017, section 4.1). They depend only on `seed` and the names.
void initialise_yolov8(Yolov8& network, std::uint64_t seed);

}  // namespace ersatz::models
