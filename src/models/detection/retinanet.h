// RetinaNet (Lin et al. 2017, "Focal loss for dense object detection") on a feature pyramid, as
// torchvision's retinanet_resnet50_fpn and, in its second version, retinanet_resnet50_fpn_v2.
#pragma once

#include <torch/types.h>

#include <array>
#include <cstdint>
#include <memory>

#include "models/detection/detector.h"
#include "models/detection/resnet_body.h"
#include "models/detection/yolo_layers.h"

namespace ersatz::models {

struct RetinaNetConfig {
  int layers = 50;              // of the ResNet: 18 or 50
  std::int64_t classes = 91;    // torchvision's for COCO; its class 0 is nothing
  double smallest_anchor = 32;  // px, 4 to 256
  // 2: heads normalised by groups, P6 made from the last stage of the ResNet, and (in training)
  // generalised overlap instead of L1 for the boxes.
  int version = 1;
};

class RetinaHead;

// Parameters and buffers have the names of torchvision's published weights:
// backbone.body.conv1.weight, ..., backbone.fpn.inner_blocks.0.weight, backbone.fpn.layer_blocks.*,
// backbone.fpn.extra_blocks.p6.*, .p7.*, head.classification_head.conv.0.weight, .cls_logits.*,
// head.regression_head.conv.*, .bbox_reg.*. P6 of the first version is made from P5. Normalisations
// are those of a classifier being trained, not frozen ones. Begins in evaluation mode.
class RetinaNet : public Detector {
 public:
  // Initial weights as torchvision draws them. Error::usage for a configuration out of range.
  RetinaNet(const RetinaNetConfig& config, std::uint64_t seed);

  // images [B, 3, H, W] in [0, 1], H and W multiples of 32; normalised by ImageNet's moments here.
  // Five levels: boxes [B, 9 * 4, h, w], codes of models/detection/anchors.h; classes [B, 9 *
  // classes, h, w], logits; both anchor by anchor.
  DetectorMaps maps(const torch::Tensor& images) override;
  Predictions decode(const DetectorMaps& maps) const override;

  std::int64_t classes() const override { return config_.classes; }
  bool has_masks() const override { return false; }
  std::int64_t stride() const override { return 32; }
  const RetinaNetConfig& config() const { return config_; }
  // [A, 4] of these maps.
  torch::Tensor anchors(const DetectorMaps& maps) const;

 private:
  RetinaNetConfig config_;
  std::shared_ptr<ResNetBody> body_;
  std::array<std::shared_ptr<BiasedConv>, 3> inner_, layer_;
  std::shared_ptr<BiasedConv> p6_, p7_;
  std::shared_ptr<RetinaHead> classes_head_, boxes_head_;
};

// [B, 9 * C, h, w] of all levels as float32 [B, A, C], in the order of the anchors.
torch::Tensor anchor_rows(const DetectorMaps& maps, torch::Tensor DetectorMaps::Level::*member);

}  // namespace ersatz::models
