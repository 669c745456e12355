// A trained image classifier as one safetensors file that describes itself.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "models/image_classifier.h"

namespace ersatz::models {

// What is needed to use the weights, besides themselves.
struct ClassifierDescription {
  ClassifierArchitecture architecture;
  std::vector<std::string> classes;      // names, in the order of the logits
  std::string scaling = "imagenet-rgb";  // of data/photos/pixel_scaling.h
};

void save_image_classifier(const std::filesystem::path& path, const ImageClassifier& network,
                           const ClassifierDescription& description);

struct LoadedClassifier {
  std::shared_ptr<ImageClassifier> network;  // in evaluation mode, on the CPU
  ClassifierDescription description;
};

// Reads such a file. Error::missing and Error::untrusted as load_safetensors; also untrusted when
// it is none, or its tensors do not fit its description.
LoadedClassifier load_image_classifier(const std::filesystem::path& path);

}  // namespace ersatz::models
