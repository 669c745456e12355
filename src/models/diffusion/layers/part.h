// Submodules with the dotted names of weight files.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <utility>

namespace ersatz::models {

// The child of `root` at `path` ("to_out"), made of plain modules where it does not exist yet.
torch::nn::Module& part_at(torch::nn::Module& root, const std::string& path);

// Registers `part` as `path` below `root` and returns it: add_part(*this, "ff.net.0.proj", ...)
// gives parameters named "ff.net.0.proj.weight". libtorch itself refuses names with dots.
template <typename Part>
std::shared_ptr<Part> add_part(torch::nn::Module& root, const std::string& path,
                               std::shared_ptr<Part> part) {
  const std::size_t dot = path.rfind('.');
  torch::nn::Module& parent = dot == std::string::npos ? root : part_at(root, path.substr(0, dot));
  return parent.register_module(path.substr(dot == std::string::npos ? 0 : dot + 1),
                                std::move(part));
}

}  // namespace ersatz::models
