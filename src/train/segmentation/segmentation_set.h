// Pictures whose every pixel is known, in memory, ready to train a segmenter on.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "data/images/rgb_image.h"

namespace ersatz::train {

// What a picture shows: `instances` [H, W] holds 0 where there is nothing and k + 1 where the
// object k is seen, whose class is classes[k].
struct KnownPixels {
  std::vector<std::uint16_t> instances;
  std::vector<std::int64_t> classes;
};

struct SegmentationSet {
  std::vector<std::string> classes;
  torch::Tensor pictures;  // uint8 [N, 3, H, W]
  // uint8 [N, 2, H/2, W/2]: class (0 nothing, k + 1), and 1 in the interior of an object: where it
  // and its eight neighbours belong to the same one. Of an object without interior all pixels are.
  torch::Tensor targets;

  // A set of N pictures of one size, multiples of 16, to be filled; black, with nothing in them.
  SegmentationSet(std::vector<std::string> classes, std::int64_t count, std::int64_t height,
                  std::int64_t width);

  std::int64_t size() const { return pictures.size(0); }
  // Several may be filled at once, from several threads. Error::usage for a picture of another size
  // and for a class that is none.
  void fill(std::int64_t place, const data::RgbImage& picture, const KnownPixels& known);
};

}  // namespace ersatz::train
