// The weight files of one network in a diffusers folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/json.h"
#include "models/weights/weights.h"

namespace ersatz::models {

// Files that hold the network in `folder` (one, or the shards of an index). Tried in this order:
// <stem>.safetensors, <stem>.safetensors.index.json, <bin_stem>.bin, <bin_stem>.bin.index.json,
// each with `variant` first when that is not empty (a warning says so when the folder lacks it). A
// folder that has nothing but one variant gives that one. Error::missing when there is none.
struct WeightFiles {
  std::filesystem::path index;  // empty when there is a single file
  std::vector<std::filesystem::path> files;
};
WeightFiles find_weight_files(const std::filesystem::path& folder, const std::string& stem,
                              const std::string& bin_stem, const std::string& variant);

// All tensors of the files. Error::untrusted when index and shards do not agree.
Weights open_weight_files(const WeightFiles& files);

// A small JSON object, such as config.json. Error::untrusted when it is absent, above 1 MB, or not
// an object: a model without it is not a model.
core::Json read_model_json(const std::filesystem::path& path);

}  // namespace ersatz::models
