// Weights of other trainings as a beginning.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "models/detection/detector.h"

namespace ersatz::models {

// Copies into `network` the tensors of a weight file (safetensors, a state_dict of torch.save, or
// one of ours) that have its names and shapes. Layers whose shape follows from the number of
// classes keep their initial weights where the file has another number; for RetinaNet the weights
// of a classifier (torchvision's resnet18 or resnet50) fill the backbone. Masks of YOLOv8-seg are
// passed over. The names of tensors that were not in the file come back.
// Error::missing when there is no file; Error::untrusted listing what does not fit otherwise.
std::vector<std::string> begin_with_weights(Detector& network, const std::filesystem::path& file);

}  // namespace ersatz::models
