// Weights of YOLOv8 by Ultralytics' names.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "models/detection/yolov8.h"
#include "models/weights/weights.h"

namespace ersatz::models {

// What network the tensors belong to: the scale by the first layer's width, classes, masks and
// whether normalisation is folded. Error::untrusted when they are no weights of YOLOv8 by their
// names and shapes; that all fit is checked when they are loaded.
Yolov8Config yolov8_config_of(const Weights& weights);

struct Yolov8LoadOptions {
  std::optional<char> scale;  // the weights must be of it (Error::usage otherwise)
  // Without masks the segmentation branch ("model.22.cv4.*", "model.22.proto.*") is passed over.
  bool masks = true;
  // Fold normalisation into the convolutions: for inference.
  bool fold = true;
};

// A weight file (safetensors, or a PyTorch archive of a state_dict; float16 and bfloat16 are
// widened) as a network in evaluation mode on the CPU. "model.22.dfl.conv.weight", a constant, and
// "num_batches_tracked" may be absent. Error::missing when there is no file; Error::untrusted (exit
// 30) listing every tensor that is missing, left over or of another shape, or naming one that holds
// NaN or infinity.
std::shared_ptr<Yolov8> load_yolov8(const std::filesystem::path& file,
                                    const Yolov8LoadOptions& options = {});

// A copy with every normalisation, by its running moments, folded into its convolution. Equal
// predictions up to rounding.
std::shared_ptr<Yolov8> fold_yolov8(const Yolov8& network);

}  // namespace ersatz::models
