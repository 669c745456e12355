// The loss of RetinaNet (Lin et al. 2017), as torchvision computes it: focal loss of classes, L1 of
// the boxes' codes, or in its second version 1 - the boxes' generalised overlap.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "train/detection/detection_loss.h"

namespace ersatz::train {

struct RetinaNetLossOptions {
  double foreground = 0.5, background = 0.4;  // overlaps with an object
  double alpha = 0.25, gamma = 2;
  // Where the L1 loss becomes a parabola (smooth L1, Girshick 2015, equation 3); 0: nowhere.
  double smooth = 0;
  bool generalised_overlap = false;  // for the boxes, instead of L1
};

inline constexpr std::int64_t kBetweenAnchors = -2, kBackgroundAnchors = -1;

// For `count` anchors (corners in px) the number of the object among a picture's `objects` boxes:
// the one it overlaps most when that is at least `foreground`; kBackgroundAnchors below
// `background`; kBetweenAnchors, which are not trained, otherwise. Anchors that are the best of an
// object are the ones of the object they overlap most, however little (all of equals).
std::vector<std::int64_t> match_anchors(const float* boxes, std::int64_t objects,
                                        const float* anchors, std::int64_t count, double foreground,
                                        double background);

// alpha_t (1 - p_t)^gamma * cross-entropy of each logit (equation 5), without reduction.
torch::Tensor focal_loss(const torch::Tensor& logits, const torch::Tensor& targets, double alpha,
                         double gamma);

class RetinaNetLoss : public DetectionLoss {
 public:
  explicit RetinaNetLoss(double smallest_anchor, const RetinaNetLossOptions& options = {})
      : smallest_anchor_(smallest_anchor), options_(options) {}

  // Each summed over a picture's anchors, divided by its matched ones (at least 1), mean over the
  // pictures. The total is their sum.
  std::vector<const char*> part_names() const override { return {"class_loss", "box_loss"}; }
  DetectionLosses operator()(const models::DetectorMaps& maps, const DetectionTargets& targets,
                             std::int64_t size) const override;
  bool is_mean() const override { return true; }

 private:
  double smallest_anchor_;
  RetinaNetLossOptions options_;
};

}  // namespace ersatz::train
