// The options of `ersatz train detector`.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace ersatz::runner {

struct TrainDetectorOptions {
  std::string data, format = "coco", images;  // of training
  std::string validation, validation_format, validation_images;
  std::string bad_labels = "refuse";
  std::string model = "yolov8n", weights, out;
  std::int64_t epochs = 100, batch = 16, accumulate = 1, validate_every = 1;
  int size = 640;
  std::uint64_t seed = 0;
  std::string optimiser = "auto", type = "float32";
  double learning_rate = 0.01, weight_decay = 5e-4, warmup = 3;
  bool cosine = false, freeze_norms = false;
  double smallest_anchor = 32;
  double mosaic = 1, degrees = 0, translate = 0.1, scale = 0.5, flip = 0.5, vertical_flip = 0;
  std::vector<double> hsv = {0.015, 0.7, 0.4};
  std::int64_t close_mosaic = 10, checkpoint_every = 200;
  bool summary_json = false;
};

// The options of the sub-command `app`.
void add_detector_options(CLI::App& app, TrainDetectorOptions& options);

// Error::usage and Error::missing for what can be told without opening data.
void check_detector_options(const TrainDetectorOptions& options);

}  // namespace ersatz::runner
