// A weight file as published for inference: YOLOv8n with its normalisations folded.
#pragma once

#include <torch/types.h>
#include <torch/utils.h>

#include <filesystem>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "compute/torch_shim.h"
#include "data/detection/detection_set.h"
#include "models/detection/yolov8.h"
#include "models/detection/yolov8_weights.h"
#include "models/module_state.h"
#include "train/detection/detection_batches.h"
#include "train/detection/norm_calibration.h"

namespace ersatz::train {

// All pictures of a set as one batch, as they are.
inline DetectionBatch whole_batch(const data::DetectionSet& set) {
  std::vector<std::int64_t> indices(set.pictures.size());
  std::iota(indices.begin(), indices.end(), 0);
  return detection_batch(set, indices, data::no_detection_augmentation(), 0, 0);
}

inline torch::Tensor whole_input(const data::DetectionSet& set) {
  return detection_input(whole_batch(set).images, torch::kCPU);
}

// Random kernels; normalisations with the moments of `seen` and with weights and biases that are
// not 1 and 0.
inline void write_folded_yolov8n(const std::filesystem::path& file, const data::DetectionSet& seen,
                                 std::int64_t classes) {
  models::Yolov8Config config;
  config.classes = classes;
  models::Yolov8 network(config);
  models::initialise_yolov8(network, 11);
  models::TakenWeights drawn;
  compute::for_each_parameter(
      network, [&](const std::string& name, const torch::Tensor&) { drawn.drawn.push_back(name); });
  calibrate_norms(network, drawn, 1, [&](std::int64_t) { return whole_input(seen); });
  const torch::NoGradGuard no_grad;
  torch::manual_seed(4);
  compute::for_each_parameter(network, [&](const std::string& name, torch::Tensor tensor) {
    if (name.find(".bn.") == std::string::npos) return;
    const bool scale = name.find(".bn.weight") != std::string::npos;
    tensor.copy_(scale ? torch::rand(tensor.sizes()) * 0.6 + 0.7
                       : torch::randn(tensor.sizes()) * 0.2);
  });
  models::save_safetensors(file, models::module_state(*models::fold_yolov8(network)));
}

}  // namespace ersatz::train
