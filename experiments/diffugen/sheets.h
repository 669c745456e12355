// Pictures of labels, as in the paper's figures: what was made, where the network attended,
// outlines with boxes and scores.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/experiment.h"
#include "data/images/rgb_image.h"
#include "label/object_label.h"
#include "report/photo_grid.h"

namespace ersatz::diffugen {

class LabelSheet {
 public:
  // Whether picture `place` of `count` is among the four that are shown: evenly spread.
  static bool shows(std::size_t place, std::size_t count);

  // A row: the picture, the heat map over it, labels by attention and by the segmenter.
  void add(const std::string& caption, const data::RgbImage& picture, const data::GreyImage& map,
           const std::vector<label::ObjectLabel>& attention,
           const std::vector<label::ObjectLabel>& segmenter);
  // A PNG; nothing when there is no row.
  void write(const std::filesystem::path& file) const;

 private:
  std::vector<report::PhotoRow> rows_;
};

// The stage with sheet.png of scenes: known masks beside labels, four of each set.
std::string add_scene_sheet(core::RunContext& run, core::StageGraph& graph, std::int64_t seed);
std::string scene_sheet_stage(std::int64_t seed);

}  // namespace ersatz::diffugen
