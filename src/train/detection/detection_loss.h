// What the losses of all families of detectors have in common.
#pragma once

#include <torch/types.h>

#include <memory>
#include <string>
#include <vector>

#include "models/detection/detector.h"
#include "train/detection/detection_batches.h"

namespace ersatz::train {

struct DetectionLosses {
  torch::Tensor total;               // scalar; what is minimised
  std::vector<torch::Tensor> parts;  // scalars without gradient, as part_names(); weighted
};

class DetectionLoss {
 public:
  virtual ~DetectionLoss() = default;
  virtual std::vector<const char*> part_names() const = 0;
  // `size`: side of the square inputs, px. The maps may be of a narrow type: computed in float32.
  virtual DetectionLosses operator()(const models::DetectorMaps& maps,
                                     const DetectionTargets& targets, std::int64_t size) const = 0;
  // Whether the total is a mean over the pictures. Otherwise it grows with their number, and the
  // totals of the parts of a batch add up to that of the batch.
  virtual bool is_mean() const = 0;
};

// That of the network's family. Error::internal for a network of no family.
std::unique_ptr<DetectionLoss> make_detection_loss(const models::Detector& network);

}  // namespace ersatz::train
