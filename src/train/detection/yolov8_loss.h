// The loss of YOLOv8 (Ultralytics 2023): binary cross-entropy of classes, complete overlap and
// distribution focal loss of boxes, over task-aligned places.
#pragma once

#include <cstdint>
#include <vector>

#include "train/detection/detection_loss.h"
#include "train/detection/task_assigner.h"

namespace ersatz::train {

struct Yolov8LossOptions {
  double box = 7.5, classes = 0.5, distribution = 1.5;  // weights
  AssignerOptions assigner;
};

class Yolov8Loss : public DetectionLoss {
 public:
  explicit Yolov8Loss(const Yolov8LossOptions& options = {}) : options_(options) {}

  // "box", "class", "distribution": each summed over places, divided by the sum of the weights that
  // the assigner gave (at least 1). The total is their sum times the number of pictures.
  std::vector<const char*> part_names() const override {
    return {"box_loss", "class_loss", "distribution_loss"};
  }
  DetectionLosses operator()(const models::DetectorMaps& maps, const DetectionTargets& targets,
                             std::int64_t size) const override;
  bool is_mean() const override { return false; }

 private:
  Yolov8LossOptions options_;
};

}  // namespace ersatz::train
