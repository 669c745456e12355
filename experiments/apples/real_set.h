// The real set: photographs with boxes in COCO's format, or orchards drawn in the camera domain
// that stand in for them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/experiment.h"
#include "data/images/rgb_image.h"
#include "label/dataset/detection_labels.h"

namespace ersatz::apples {

// Where its pictures are: drawn ones in their stage, photographs in a manifest's folder.
struct RealSet {
  bool drawn = false;
  std::filesystem::path folder;           // of photographs
  std::string manifest, digest;           // of photographs
  std::string train_images, test_images;  // below `folder`
};
RealSet real_set(core::RunContext& run);

// <part>/annotations.json of train, validation and test: COCO boxes of one class, pictures by name.
// Apples that nobody would draw a box around (scenes.least_side, scenes.least_visible) are crowds:
// neither trained on nor counted. Summary by part: {"pictures", "objects", "small", "medium",
// "large"} by COCO's areas.
std::string add_real(core::RunContext& run, core::StageGraph& graph, const RealSet& real);

// A part, as the stage left it.
label::DetectionLabels read_real(const RealSet& real, const core::StageContext& stage,
                                 const std::string& part);
std::filesystem::path real_truth(const core::StageContext& stage, const std::string& part);

// `count` pictures of the training part, the same ones for a seed, in the order in which they were
// chosen: the middle square of each, `side` px.
std::vector<data::RgbImage> few_pictures(const label::DetectionLabels& train, std::int64_t count,
                                         std::int64_t seed, int side);

// The photograph that a picture was cut from, by its file's name: all before the last '_'.
std::string photograph_of(const std::string& name);

// The middle square of a picture, `side` px.
data::RgbImage square(const data::RgbImage& picture, int side);

}  // namespace ersatz::apples
