// Weights of other trainings as a beginning.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "models/detection/detector.h"

namespace ersatz::models {

struct TakenWeights {
  std::vector<std::string> drawn;  // tensors that were not in the file: they keep their values
  // Normalisations (modules: "model.0.bn") that the file has folded into their convolutions.
  std::vector<std::string> unfolded;
};

// Copies into `network` the tensors of a weight file (safetensors, a state_dict of torch.save, or
// one of ours) that have its names and shapes. Layers whose shape follows from the number of
// classes keep their initial weights where the file has another number; for RetinaNet the weights
// of a classifier (torchvision's resnet18 or resnet50) fill the backbone. Masks of YOLOv8-seg are
// passed over.
//
// A file with "X.conv.bias" instead of "X.bn.*" has its normalisation folded into the convolution
// (YOLO, for inference). The unfolded one has mean 0, variance 1, weight sqrt(1 + epsilon) and the
// convolution's bias: in evaluation the network computes what the folded one does. In training
// it would normalise by the batch's moments, which are others: train/detection/norm_calibration.h
// gives it those of the training pictures first.
//
// Error::missing when there is no file; Error::usage for YOLOv8 of another scale;
// Error::untrusted listing what does not fit otherwise, or naming a tensor with NaN or infinity.
// Nothing is copied then.
TakenWeights begin_with_weights(Detector& network, const std::filesystem::path& file);

}  // namespace ersatz::models
