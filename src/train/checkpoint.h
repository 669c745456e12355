// Resumable state of a training: named tensors and a little JSON, in a folder with two generations.
//
// A checkpoint is a safetensors file and, beside it, its SHA-256 in the format of sha256sum. Saving
// replaces the older of the two generations, so that at every moment at least one is intact. Any
// changed bit is detected; a damaged or incomplete generation is ignored with a warning.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "core/json.h"
#include "models/safetensors.h"

namespace ersatz::train {

struct Checkpoint {
  std::int64_t step = 0;  // updates done
  models::NamedTensors tensors;
  core::Json state = core::Json::object();
  std::filesystem::path file;  // where it was read from; set by load()
};

class CheckpointFolder {
 public:
  // `configuration` is everything the training depends on; a checkpoint with another one is not
  // silently continued. Creates the folder.
  CheckpointFolder(std::filesystem::path folder, const core::Json& configuration);

  // The newest intact checkpoint, or nothing. Throws Error::usage (exit 2) naming the first
  // setting that differs when it was made with another configuration.
  std::optional<Checkpoint> load();

  // Writes a checkpoint durably. Throws Error::io when that fails; the other generation survives.
  void save(const Checkpoint& checkpoint);

 private:
  std::filesystem::path generation(int index) const;
  std::optional<Checkpoint> load_generation(int index) const;
  void refuse_other_configuration(const std::string& saved) const;

  std::filesystem::path folder_;
  std::string configuration_;  // canonical JSON
  int next_ = 0;               // generation that the next save replaces
};

}  // namespace ersatz::train
