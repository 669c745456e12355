// The stage with DiffuGen's dataset: text-to-image, image-to-image and inpainting, labelled by
// attention while they are made.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/experiment.h"
#include "label/diffugen/label_file.h"

namespace ersatz::diffugen {

// dataset/<task>/ in the published layout.
std::string add_dataset(core::RunContext& run, core::StageGraph& graph);

// A picture of a task, in the order of the paths.
struct GeneratedPicture {
  std::string stem;  // "0001/car_rear_day_clear_good_1_9369923"
  std::filesystem::path picture, map;
  label::DiffuGenPromptDetails details;
};
std::vector<GeneratedPicture> pictures_of(const std::filesystem::path& dataset,
                                          const std::string& task);

}  // namespace ersatz::diffugen
