// Tensors of a weight file under the names they have in it: safetensors, or a PyTorch archive
// (.pt, .pth, .bin, .ckpt) read by a restricted reader that never executes anything.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "models/safetensors.h"

namespace ersatz::models {

struct Weights {
  // On the CPU, in the type they are stored in. Where possible they are views of the file mapped
  // read-only into memory, which stays mapped as long as any of them lives: copy before writing.
  NamedTensors tensors;
  std::map<std::string, std::string> metadata;  // strings beside the tensors, if any
  std::filesystem::path file;
};

// Opens a weight file; its kind is found by its content, not its name. PyTorch files are flattened
// as weights/pickle_tree.h says ("string_to_param.*"; a `state_dict` at the top is unwrapped).
// Throws Error::missing (exit 40) when there is no such file and Error::untrusted (exit 30), naming
// the tensor, the pickle global or the offset, when anything about it is not exactly right.
Weights open_weights(const std::filesystem::path& path);

// Takes the tensor's bytes out of this process's memory when they are a view of a mapped file: for
// a loader that has copied them elsewhere. The tensor stays valid; reading it again reads the file.
// Does nothing to other tensors.
void forget_pages(const torch::Tensor& tensor);

// Whether the tensor's bytes are those of a mapped file.
bool is_file_view(const torch::Tensor& tensor);

// Opens a weight file as open_weights does and also compares every checksum that it has: the
// CRC-32 of each entry of a PyTorch archive (safetensors and files of PyTorch before 1.6 have
// none). Reads all of it. Error::untrusted names what is damaged.
void verify_weights(const std::filesystem::path& path);

}  // namespace ersatz::models
