// Where the storages of a torch.save file lie, and the tensors of its pickle as ranges of the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string_view>

#include "models/weights/pickle_value.h"
#include "models/weights/torch_file.h"

namespace ersatz::models {

struct StorageRange {
  std::uint64_t begin = 0, bytes = 0;
};

using StorageMap = std::map<std::string_view, StorageRange>;

// Flattens the pickle and resolves its tensors. Throws Error::untrusted as torch_file.h says.
TorchFile resolve_tensors(const Pickle& pickle, const StorageMap& storages,
                          std::uint64_t file_bytes, const std::filesystem::path& file);

}  // namespace ersatz::models
