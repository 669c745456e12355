// What torch.save wrote, described without loading any of it and without executing anything.
//
// Two formats: since PyTorch 1.6 a zip archive (<name>/data.pkl and <name>/data/<key>, all stored);
// before, a stream of pickles followed by the storages.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "models/safetensors_header.h"

namespace ersatz::models {

struct TorchTensor {
  StoredType type = StoredType::kF32;
  std::vector<std::int64_t> shape, strides;
  std::uint64_t begin = 0;  // of its first element, counted from the start of the file
  std::uint64_t bytes = 0;  // from its first to its last element; 0 when it is empty
};

// Names as flatten_pickle makes them. Tensors may share bytes.
struct TorchFile {
  std::map<std::string, TorchTensor> tensors;
  std::map<std::string, std::string> metadata;
};

// Whether a file that begins with these bytes (16 suffice) is of either format.
bool is_torch_zip(std::string_view bytes);
bool is_torch_stream(std::string_view bytes);

// Read the whole file in `bytes`. Error::untrusted (exit 30), naming the zip entry, the global, the
// tensor or the offset: everything zip_directory.h, pickle_machine.h and pickle_tree.h refuse,
// data.pkl above 64 MB or with a wrong CRC, storages that are absent or of another size than the
// pickle says, files of big-endian machines, TorchScript, tensors that add up to more than four
// times the bytes of the file.
TorchFile read_torch_zip(std::string_view bytes, const std::filesystem::path& file);
TorchFile read_torch_stream(std::string_view bytes, const std::filesystem::path& file);

}  // namespace ersatz::models
