// Detectors as TorchScript programs, which Ultralytics' export writes.
//
// Such a file is a program: whoever opens it runs what its author wrote. It is opened only when the
// user says that the file is trusted.
#pragma once

#include <c10/core/Device.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "models/detection/detector.h"

namespace ersatz::models {

enum class Trust { kRefuse, kTrusted };

// Whether the file is a zip archive with a TorchScript program in it. Nothing of it is run.
// Error::missing when there is no such file.
bool is_torch_script(const std::filesystem::path& file);

struct ScriptDetector {
  std::shared_ptr<Predictor> predictor;
  std::vector<std::string> classes;  // names, where the file has them
};

// A program that makes of [B, 3, H, W] the tensor [B, 4 + classes + M, A] (middle, width and height
// of boxes in px; scores; coefficients) and, with masks, beside it prototypes [B, M, h, w].
// "config.txt" in the file, which the export writes, tells names, stride and size; without it 640
// px is assumed, and the program is asked for one black picture. Error::untrusted (exit 30) unless
// `trust`, and for a program that fails or gives anything else.
ScriptDetector load_script_detector(const std::filesystem::path& file, Trust trust,
                                    const c10::Device& device);

// The same conventions for its outputs. `prototypes` may be undefined. Error::internal naming the
// shapes when they do not fit.
Predictions predictions_of_export(const torch::Tensor& output, const torch::Tensor& prototypes);

}  // namespace ersatz::models
