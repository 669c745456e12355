// Reads and writes safetensors files.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <map>
#include <string>

namespace ersatz::models {

using NamedTensors = std::map<std::string, torch::Tensor>;

struct Safetensors {
  NamedTensors tensors;
  std::map<std::string, std::string> metadata;
};

// Loads every tensor of a file into memory of its own on the CPU. Throws Error::missing (exit 40)
// when there is no file, Error::untrusted (exit 30) when anything about it is not exactly right.
Safetensors load_safetensors(const std::filesystem::path& path);

// Replaces `path` atomically. Tensors are written contiguously, wide types first and then by
// name, as the reference implementation does; the header is padded so that the data starts at a
// multiple of 8. Equal content gives equal bytes. Throws
// Error::internal for a type the format lacks, Error::io when writing fails.
void save_safetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                      const std::map<std::string, std::string>& metadata = {});

}  // namespace ersatz::models
