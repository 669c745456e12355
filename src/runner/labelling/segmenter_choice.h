// Which segmenter labels pictures, and how.
#pragma once

#include <filesystem>
#include <string>

namespace ersatz::runner {

struct SegmenterChoice {
  std::filesystem::path weights;
  // Names of its classes: a file, name,name,... or "coco"; empty: the weights' own, or COCO's.
  std::string network_classes;
  // DiffuGen's; the rest Ultralytics' defaults.
  double confidence = 0.45, overlap = 0.7;
  int size = 640;      // px, the longer side of the network's input
  bool trust = false;  // TorchScript files, which are programs
};

}  // namespace ersatz::runner
