// Objects in whole pictures: letterbox, network, selection, masks.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "data/coco/coco_reader.h"
#include "data/images/rgb_image.h"
#include "models/detection/detector.h"
#include "models/detection/letterbox.h"
#include "models/detection/select.h"

namespace ersatz::models {

struct FoundObject {
  std::int64_t class_index = 0;
  double score = 0;
  data::CocoBox box;              // px of the picture
  std::optional<data::Rle> mask;  // of the picture's size; may be empty
};

struct FindOptions {
  LetterboxOptions input;
  SelectOptions selection;
  bool masks = true;  // where the detector has them
};

// float32 [1, 3, H, W] in [0, 1], channels-last.
torch::Tensor detector_input(const data::RgbImage& image);

class ObjectFinder {
 public:
  // Error::usage for options that do not fit the detector.
  ObjectFinder(std::shared_ptr<Predictor> detector, const FindOptions& options,
               const c10::Device& device = torch::kCPU);

  // Best first.
  std::vector<FoundObject> find(const data::RgbImage& picture) const;

  // The same in two steps, for callers that make inputs ahead.
  struct Input {
    Letterbox letterbox;
    data::RgbImage image;
  };
  Input prepare(const data::RgbImage& picture) const;
  std::vector<FoundObject> find(const Input& input) const;

  const Predictor& detector() const { return *detector_; }
  const FindOptions& options() const { return options_; }

 private:
  std::shared_ptr<Predictor> detector_;
  FindOptions options_;
  c10::Device device_;
};

}  // namespace ersatz::models
