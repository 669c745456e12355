#include "runner/diffugen/dataset_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/error.h"
#include "core/signals.h"
#include "data/images/image_file.h"
#include "label/diffugen/label_file.h"
#include "report/label_drawing.h"
#include "report/photo_grid.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Json;
using generate::DiffuGenItem;

constexpr std::size_t kSheetColumns = 6, kSheetPictures = 24;
constexpr int kSheetCell = 256;  // px

std::vector<report::DrawnObject> objects_of(const label::DiffuGenLabelFile& file, int width,
                                            int height, const std::vector<std::string>& classes) {
  std::vector<label::ObjectLabel> labels;
  const auto px = [](double share, int side) {
    return static_cast<int>(std::lround(share * side));
  };
  for (const label::DiffuGenLabel& from : file.labels) {
    label::ObjectLabel label;
    label.class_index = from.class_id;
    label.score = from.score;
    label.box = {px(from.x, width), px(from.y, height), px(from.width, width),
                 px(from.height, height)};
    for (const auto& [x, y] : from.polygon) label.polygon.push_back({px(x, width), px(y, height)});
    if (from.origin.is_object()) label.origin.word = from.origin.value("word", "");
    labels.push_back(std::move(label));
  }
  return report::drawn_objects(labels, classes);
}

// As part of a file name.
std::string file_name(const std::string& object) {
  std::string name = object;
  for (char& c : name) c = c == '/' || static_cast<unsigned char>(c) < 0x20 ? '-' : c;
  return name;
}

}  // namespace

DatasetCounts count_dataset(const DatasetFolder& folder, const std::vector<DiffuGenItem>& items,
                            std::size_t classes) {
  DatasetCounts counts;
  counts.wanted = static_cast<std::int64_t>(items.size());
  counts.per_class.assign(classes, 0);
  for (const DiffuGenItem& item : items) {
    core::stop_point();
    const fs::path file = folder.label_file(item);
    if (!fs::exists(file)) {
      counts.skipped += fs::exists(folder.skipped_file(item)) ? 1 : 0;
      continue;
    }
    const label::DiffuGenLabelFile labels = label::read_diffugen_labels(file);
    ++counts.pictures;
    counts.without_objects += labels.labels.empty() ? 1 : 0;
    counts.objects += static_cast<std::int64_t>(labels.labels.size());
    for (const label::DiffuGenLabel& label : labels.labels) {
      const auto place = static_cast<std::size_t>(label.class_id);
      if (place < counts.per_class.size()) ++counts.per_class[place];
    }
  }
  return counts;
}

Json counts_json(const DatasetCounts& counts, const std::vector<std::string>& classes) {
  Json json = {{"wanted", counts.wanted},
               {"pictures", counts.pictures},
               {"objects", counts.objects},
               {"without_objects", counts.without_objects},
               {"skipped", counts.skipped}};
  json["classes"] = Json::object();
  for (std::size_t i = 0; i < classes.size(); ++i)
    json["classes"][classes[i]] = counts.per_class[i];
  return json;
}

void write_contact_sheets(const DatasetFolder& folder, const std::vector<DiffuGenItem>& items,
                          const std::vector<std::string>& classes) {
  std::map<std::string, std::vector<data::RgbImage>> cells;
  for (const DiffuGenItem& item : items) {
    std::vector<data::RgbImage>& of_object = cells[item.object];
    const fs::path file = folder.label_file(item);
    if (of_object.size() == kSheetPictures || !fs::exists(file)) continue;
    core::stop_point();
    const data::RgbImage picture = data::read_image(folder.image_file(item));
    of_object.push_back(report::draw_objects(
        picture,
        objects_of(label::read_diffugen_labels(file), picture.width, picture.height, classes)));
  }
  for (auto& [object, pictures] : cells) {
    if (pictures.empty()) continue;
    std::vector<report::PhotoRow> rows;
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      if (i % kSheetColumns == 0) rows.emplace_back();
      rows.back().photos.push_back(std::move(pictures[i]));
    }
    report::PhotoGridOptions options;
    options.cell = kSheetCell;
    report::write_photo_grid_png(folder.path() / "contact_sheets" / (file_name(object) + ".png"),
                                 rows, options);
  }
}

}  // namespace ersatz::runner
