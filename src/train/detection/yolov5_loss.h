// The loss of YOLOv5 (Ultralytics, release 6 and 7): complete overlap, objectness and classes, over
// anchors of a similar shape in the object's cell and the two nearest.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "train/detection/detection_loss.h"

namespace ersatz::train {

// The defaults are Ultralytics' hyp.scratch-low.yaml; weights are scaled as train.py does.
struct Yolov5LossOptions {
  double box = 0.05, object = 1.0, classes = 0.5;
  double ratio = 4;                               // most between the sides of object and anchor
  std::vector<double> balance = {4.0, 1.0, 0.4};  // of the levels' objectness
};

// Anchors of a level that are to find objects.
struct AnchorMatches {
  std::vector<std::int64_t> pictures, anchors, rows, columns;  // where in [B, 3, h, w]
  std::vector<std::int64_t> classes;
  std::vector<float> boxes;  // x, y of the middle from the cell's corner, width, height; in cells

  std::size_t size() const { return pictures.size(); }
};

// `anchors`: width and height of three, in cells of `stride` px; `height`, `width` of the map. An
// anchor matches when neither side's ratio, either way, reaches options.ratio; in the cell of the
// object's middle and in the neighbours on the sides to which the middle is nearer than half a
// cell, where there are any.
AnchorMatches match_yolov5(const DetectionTargets& targets, const float* anchors,
                           std::int64_t stride, std::int64_t height, std::int64_t width,
                           double ratio);

class Yolov5Loss : public DetectionLoss {
 public:
  // `anchors` [3, 3, 2] in cells.
  Yolov5Loss(const torch::Tensor& anchors, std::int64_t classes,
             const Yolov5LossOptions& options = {});

  // Means over matches of each level; objectness over all anchors, its target the overlap (the best
  // where matches meet). The total is their sum times the number of pictures.
  std::vector<const char*> part_names() const override {
    return {"box_loss", "object_loss", "class_loss"};
  }
  DetectionLosses operator()(const models::DetectorMaps& maps, const DetectionTargets& targets,
                             std::int64_t size) const override;
  bool is_mean() const override { return false; }

 private:
  torch::Tensor anchors_;  // on the CPU
  std::int64_t classes_;
  Yolov5LossOptions options_;
};

}  // namespace ersatz::train
