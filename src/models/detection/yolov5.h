// YOLOv5 (Ultralytics, release 6.0 and later): anchor-based detection.
#pragma once

#include <torch/types.h>

#include <array>
#include <cstdint>
#include <memory>

#include "models/detection/detector.h"
#include "models/detection/yolo_layers.h"

namespace ersatz::models {

struct Yolov5Config {
  char scale = 'n';  // n, s, m, l or x
  std::int64_t classes = 80;
};

// Error::usage naming what is out of range.
void check_yolov5_config(const Yolov5Config& config);

inline constexpr std::array<std::int64_t, 3> kYolov5Strides = {8, 16, 32};
inline constexpr std::int64_t kYolov5Anchors = 3;  // of each cell

class C3;

// Parameters and buffers have Ultralytics' names and shapes: model.0.conv.weight, model.0.bn.*,
// ..., model.24.m.0.weight, model.24.anchors. Uninitialised: loaded or drawn (initialise_yolov5).
// Begins in evaluation mode.
class Yolov5 : public Detector {
 public:
  // Error::usage for a configuration that makes no network.
  explicit Yolov5(const Yolov5Config& config);

  // images [B, 3, H, W], H and W multiples of 32. Levels of stride 8, 16, 32: `boxes` is [B, 3 * (5
  // + classes), h, w], for each anchor x, y, width, height, whether there is an object, and its
  // classes, all before the sigmoid. `classes` is undefined.
  DetectorMaps maps(const torch::Tensor& images) override;
  // Places: level by level, anchor by anchor, rows first.
  Predictions decode(const DetectorMaps& maps) const override;

  std::int64_t classes() const override { return config_.classes; }
  bool has_masks() const override { return false; }
  std::int64_t stride() const override { return kYolov5Strides.back(); }
  const Yolov5Config& config() const { return config_; }
  // float32 [3, 3, 2]: width and height of each level's anchors in cells.
  const torch::Tensor& anchors() const { return anchors_; }

 private:
  Yolov5Config config_;
  std::array<std::shared_ptr<ConvUnit>, 5> stem_;     // layers 0, 1, 3, 5, 7
  std::array<std::shared_ptr<C3>, 4> stages_;         // 2, 4, 6, 8
  std::shared_ptr<Sppf> sppf_;                        // 9
  std::array<std::shared_ptr<ConvUnit>, 2> lateral_;  // 10, 14
  std::array<std::shared_ptr<C3>, 4> neck_;           // 13, 17, 20, 23
  std::array<std::shared_ptr<ConvUnit>, 2> down_;     // 18, 21
  std::array<std::shared_ptr<BiasedConv>, 3> head_;   // 24
  torch::Tensor anchors_;
};

// Ultralytics' initial weights: kernels and biases uniform in +-1/sqrt(fan-in), normalisations 1
// and 0; the head's biases such that 8 objects are expected in a picture of 640 px, and each is of
// one class in 0.6 of all. They depend only on `seed` and the names.
void initialise_yolov5(Yolov5& network, std::uint64_t seed);

}  // namespace ersatz::models
