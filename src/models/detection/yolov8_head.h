// What YOLOv8 says about each cell: "cv2" boxes, "cv3" classes, "cv4" coefficients of masks,
// "proto".
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <array>
#include <memory>

#include "models/detection/detector.h"
#include "models/detection/yolo_layers.h"
#include "models/detection/yolov8_config.h"

namespace ersatz::models {

// Two 3x3 units and a 1x1 convolution: "0", "1", "2".
class HeadBranch : public torch::nn::Module {
 public:
  HeadBranch(std::int64_t in, std::int64_t middle, std::int64_t out, bool folded);
  torch::Tensor forward(const torch::Tensor& x);

 private:
  std::shared_ptr<ConvUnit> first_, second_;
  std::shared_ptr<BiasedConv> last_;
};

class Yolov8Head : public torch::nn::Module {
 public:
  // `channels` of the three levels; `prototype_channels` between the layers of "proto".
  Yolov8Head(const Yolov8Config& config, const std::array<std::int64_t, 3>& channels,
             std::int64_t prototype_channels);
  DetectorMaps forward(const std::array<torch::Tensor, 3>& levels);

 private:
  std::array<std::shared_ptr<HeadBranch>, 3> boxes_, classes_, coefficients_;
  std::shared_ptr<MaskPrototypes> prototypes_;
};

}  // namespace ersatz::models
