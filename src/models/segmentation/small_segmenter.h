// A small network that says what every pixel of a picture belongs to: a U (Ronneberger et al.
// 2015) of four resolutions that trains in a minute on two cores. Where objects of one class touch,
// a second answer tells them apart: whether a pixel is inside of an object, away from its edge.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "models/conv_layer.h"

namespace ersatz::models {

struct SmallSegmenterOptions {
  std::vector<std::string> classes;  // what it tells from nothing, and from each other
  std::int64_t width = 16;  // channels at half of the picture's resolution; x 2, 3, 4 below
};

class SmallSegmenter : public torch::nn::Module {
 public:
  // Weights depend on `seed` only. Error::usage for no classes and no channels.
  SmallSegmenter(const SmallSegmenterOptions& options, std::uint64_t seed);

  // pictures: float32 [B, 3, H, W] in [-1, 1], H and W multiples of 16 (Error::usage).
  struct Answer {
    torch::Tensor classes;   // logits [B, 1 + classes, H/2, W/2], nothing first
    torch::Tensor interior;  // logits [B, H/2, W/2]
  };
  Answer forward(const torch::Tensor& pictures);

  const SmallSegmenterOptions& options() const { return options_; }

 private:
  ConvNorm layer(const std::string& name, std::int64_t in, std::int64_t out, std::int64_t stride,
                 std::uint64_t seed);

  SmallSegmenterOptions options_;
  std::vector<ConvNorm> down_, up_;
  torch::Tensor head_, head_bias_;
};

// One safetensors file that describes itself.
void save_small_segmenter(const std::filesystem::path& path, const SmallSegmenter& network);
// In evaluation mode, on the CPU. Error::missing and Error::untrusted as load_safetensors; also
// untrusted when the file holds something else.
std::shared_ptr<SmallSegmenter> load_small_segmenter(const std::filesystem::path& path);

// Whether a file is one of these; false for files of other kinds and for none.
bool is_small_segmenter(const std::filesystem::path& path);

}  // namespace ersatz::models
