// Stages with drawn scenes: pictures, exact masks (COCO), attributes and captions, by part
// (names.h), in <part>/ as data/scenes/scene_export.h writes them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/experiment.h"
#include "data/coco/coco_reader.h"

namespace ersatz::diffugen {

std::string add_scenes(core::RunContext& run, core::StageGraph& graph, const std::string& set,
                       std::int64_t seed);

// A part of a set in memory.
struct ScenePicture {
  std::int64_t image_id = 0;
  std::filesystem::path file;
  std::string caption;
  std::string word;  // of the object, as the caption has it: "suv", "oranges", "grand piano"
  std::string name;  // of one such object, with its colour: "red suv", "orange"
};
struct ScenePart {
  data::CocoGroundTruth truth;
  std::vector<ScenePicture> pictures;  // in the order of their ids
};
ScenePart read_part(const std::filesystem::path& folder);

}  // namespace ersatz::diffugen
