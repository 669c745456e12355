// A trained detector as one safetensors file that describes itself.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "models/detection/detector_zoo.h"
#include "models/safetensors.h"

namespace ersatz::models {

struct DetectorDescription {
  DetectorArchitecture architecture;
  std::vector<std::string> classes;  // names
  int size = 640;                    // px it was trained at
};

// `tensors`: all parameters and buffers by name.
void save_detector(const std::filesystem::path& path, const NamedTensors& tensors,
                   const DetectorDescription& description);

struct LoadedDetector {
  std::shared_ptr<Detector> network;  // in evaluation mode, on the CPU
  DetectorDescription description;
};

// Whether the file's metadata say that it is one; false for files that cannot be read.
bool is_detector_file(const std::filesystem::path& path);

// Error::missing and Error::untrusted as load_safetensors; also untrusted when it is none, or its
// tensors do not fit its description.
LoadedDetector load_detector(const std::filesystem::path& path);

}  // namespace ersatz::models
