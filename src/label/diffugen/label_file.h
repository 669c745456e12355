// The label files of DiffuGen's datasets: one JSON for each picture, as the published code writes
// them (github.com/mshenoda/diffugen @ 504bc72), with further keys that say where a label comes
// from. Published files are read, too.
//
//   {"prompt_details": {"seed", "steps", "prompt", "prompt_template", "view_point", "object_name",
//                       "time_of_day", "sky_condition", "weather_condition"},
//    "labels": [{"score", "class_id",
//                "bounding_box": {"x", "y", "cx", "cy", "width", "height", "coordinates"},
//                "bounding_polygon": [[x, y], ...]}]}
//
// All coordinates are shares of the picture. (x, y) of a box is its upper left corner; corners of
// polygons are middles of pixels: column / width, row / height.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/json.h"
#include "data/images/rgb_image.h"
#include "generate/diffugen/prompt_template.h"
#include "label/object_label.h"

namespace ersatz::label {

using SharePolygon = std::vector<std::pair<double, double>>;  // x, y

struct DiffuGenLabel {
  double score = 0;
  std::int64_t class_id = 0;
  double x = 0, y = 0, width = 0, height = 0;
  SharePolygon polygon;              // may be empty in files of others
  std::vector<SharePolygon> others;  // further parts ("other_polygons")
  core::Json segmentation;           // COCO's run lengths {"size", "counts"}, or null
  core::Json origin;                 // how the label came about, or null
};

struct DiffuGenPromptDetails {
  std::int64_t seed = 0, steps = 0;
  std::string prompt, prompt_template;
  generate::DiffuGenAttributes attributes;
};

struct DiffuGenLabelFile {
  DiffuGenPromptDetails details;
  std::vector<DiffuGenLabel> labels;
  core::Json record = core::Json::object();  // what else the file says, by key
};

// The label of an object in a picture of this size. `layers`: how many layers of attention it was
// read from, 0 for none; it becomes part of the origin.
DiffuGenLabel diffugen_label(const ObjectLabel& object, int width, int height, std::int64_t layers);

core::Json details_json(const DiffuGenPromptDetails& details);

// The file's text, indented by four as published.
std::string diffugen_label_text(const DiffuGenLabelFile& file);

// Error::missing when there is no such file; Error::untrusted naming file and key for what is no
// label file: keys that are missing or of another type, numbers that are not finite, boxes of
// negative size.
DiffuGenLabelFile read_diffugen_labels(const std::filesystem::path& file);

// The place of the label with the largest box, the first of equals; -1 when there is none.
std::int64_t largest_label(const DiffuGenLabelFile& file);

// 255 inside the label's first polygon, its edge included, and 0 outside; [height, width].
data::GreyImage polygon_picture(const DiffuGenLabel& label, int width, int height);

}  // namespace ersatz::label
