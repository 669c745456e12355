// The diffusion model that an experiment's setting names.
#pragma once

#include <filesystem>
#include <string>

#include "core/experiment.h"

namespace ersatz::runner {

struct ModelFiles {
  std::filesystem::path path;
  std::string digest;  // of the files, or of the manifest
};

// `name`: a folder in assets/ ("mini-sd"), a path, or a manifest. Error::missing for a folder
// without a model and for files that are not there; Error::unknown as for datasets.
ModelFiles run_model(core::RunContext& run, const std::string& name);

}  // namespace ersatz::runner
