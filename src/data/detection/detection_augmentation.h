// Random changes of training pictures with their boxes, as Ultralytics' YOLOv8 (2023) makes them:
// mosaic, affine map, colour, flips.
#pragma once

#include <cstdint>
#include <vector>

#include "core/json.h"
#include "data/detection/detection_set.h"

namespace ersatz::data {

// The defaults are Ultralytics' (default.yaml, 2023).
struct DetectionAugmentation {
  double mosaic = 1;       // probability that four pictures become one
  double degrees = 0;      // rotation, uniform in +-degrees
  double translate = 0.1;  // share of the picture, uniform in +-translate
  double scale = 0.5;      // gain uniform in 1 +- scale
  double shear = 0;        // degrees, uniform in +-shear on both axes
  double hue = 0.015;      // gains of hue, saturation, value uniform in 1 +- these
  double saturation = 0.7, value = 0.4;
  double horizontal_flip = 0.5, vertical_flip = 0;  // probabilities
};

DetectionAugmentation no_detection_augmentation();

// What a network is shown: a square of DetectionSet::size, grey (114) where there is no picture.
struct DetectionExample {
  RgbImage image;
  std::vector<ObjectBox> boxes;  // px of `image`, inside it
};

// Picture `index` in `epoch`: depends on nothing but the arguments, and may be called from several
// threads. Without a mosaic the picture is in the middle. Boxes that are left with less than a
// tenth of their area, or 2 px or less of width or height, are dropped.
DetectionExample augmented_example(const DetectionSet& set, std::int64_t index,
                                   const DetectionAugmentation& augmentation, std::uint64_t seed,
                                   std::int64_t epoch);

// For provenance and checkpoints: everything above by name.
core::Json describe(const DetectionAugmentation& augmentation);

// Error::usage when a probability, share or angle makes no sense.
void check(const DetectionAugmentation& augmentation);

}  // namespace ersatz::data
