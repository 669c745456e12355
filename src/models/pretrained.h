// Weights trained elsewhere, put into one of our networks by name.
#pragma once

#include <torch/nn/module.h>

#include <filesystem>
#include <string>
#include <vector>

#include "models/image_classifier.h"

namespace ersatz::models {

struct PretrainedReport {
  std::int64_t loaded = 0;                 // parameters and buffers
  std::vector<std::string> replaced_head;  // of the classifier, for another number of classes
};

// Copies the tensors of a weight file (safetensors or a PyTorch archive; float16 and bfloat16 are
// widened) into the network. The parameters of the last layer keep their initial values when the
// file has them for another number of classes, or not at all. "num_batches_tracked" may be absent.
//
// Error::missing when there is no file; Error::untrusted (exit 30) naming every other tensor that
// the network has and the file lacks, that the file has and the network lacks, or whose shape
// differs. Nothing is changed then.
PretrainedReport load_pretrained(ImageClassifier& network, const std::filesystem::path& path);

}  // namespace ersatz::models
