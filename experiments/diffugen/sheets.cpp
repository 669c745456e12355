#include "sheets.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "data/coco/coco_reader.h"
#include "data/images/image_file.h"
#include "label/mask_contour.h"
#include "model.h"
#include "names.h"
#include "report/label_drawing.h"
#include "scene_sets.h"

namespace ersatz::diffugen {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kShown = 4;
constexpr int kCell = 256;  // px

// Objects of COCO's files, for drawing: each the outline of its largest part.
using Drawn = std::map<std::int64_t, std::vector<report::DrawnObject>>;

Drawn drawn_by_image(const std::vector<data::CocoObject>& objects, bool scores) {
  Drawn drawn;
  for (const data::CocoObject& object : objects) {
    report::DrawnObject next;
    next.outlines = {label::largest_contour(*object.mask)};
    next.box = data::rle_box(*object.mask);
    if (scores) next.caption = fmt::format("{:.2f}", object.score);
    drawn[object.image_id].push_back(std::move(next));
  }
  return drawn;
}

}  // namespace

bool LabelSheet::shows(std::size_t place, std::size_t count) {
  if (count <= kShown) return true;
  for (std::size_t k = 0; k < kShown; ++k) {
    if (place == k * count / kShown) return true;
  }
  return false;
}

void LabelSheet::add(const std::string& caption, const data::RgbImage& picture,
                     const data::GreyImage& map, const std::vector<label::ObjectLabel>& attention,
                     const std::vector<label::ObjectLabel>& segmenter) {
  const std::vector<std::string> classes = teacher_classes();
  rows_.push_back({caption,
                   {picture, report::draw_heat(picture, map),
                    report::draw_objects(picture, report::drawn_objects(attention, classes)),
                    report::draw_objects(picture, report::drawn_objects(segmenter, classes))}});
}

void LabelSheet::write(const fs::path& file) const {
  if (rows_.empty()) return;
  report::write_photo_grid_png(file, rows_,
                               {kCell, {"picture", "heat map", "by attention", "by segmenter"}});
}

std::string scene_sheet_stage(std::int64_t seed) { return fmt::format("sheet/seed-{}", seed); }

std::string add_scene_sheet(core::RunContext& run, core::StageGraph& graph, std::int64_t seed) {
  const core::Config& config = run.config();
  const bool attention = has_diffusion(config);
  core::StageSpec spec;
  spec.name = scene_sheet_stage(seed);
  spec.kind = "sheet";
  spec.numeric = false;
  for (const std::string& set : scene_sets()) {
    spec.inputs.push_back(scenes_stage(set, seed));
    spec.inputs.push_back(labels_stage(set, kSegmenter, seed));
    if (!attention) continue;
    spec.inputs.push_back(labels_stage(set, kFixed, seed));
    spec.inputs.push_back(labels_stage(set, kBrief, seed));
  }
  spec.config["attention"] = attention;
  spec.work = 1;
  spec.seconds_per_work = 2;
  spec.body = [=, config = config](core::StageContext& stage) {
    std::vector<report::PhotoRow> rows;
    for (const std::string& set : scene_sets()) {
      const std::string name = parts_of(config, set).back();
      const fs::path scenes = stage.input(scenes_stage(set, seed)) / name;
      const ScenePart part = read_part(scenes);
      const auto labels = [&](const std::string& method) {
        const fs::path file =
            stage.input(labels_stage(set, method, seed)) / name / fmt::format("{}.json", method);
        return drawn_by_image(data::read_coco_detections(file, part.truth, true), true);
      };
      Drawn truth = drawn_by_image(part.truth.objects, false), segmenter = labels(kSegmenter);
      std::vector<std::pair<std::string, Drawn>> looks;
      if (attention) looks = {{kFixed, labels(kFixed)}, {kBrief, labels(kBrief)}};
      for (std::size_t i = 0; i < part.pictures.size(); ++i) {
        if (!LabelSheet::shows(i, part.pictures.size())) continue;
        const std::int64_t id = part.pictures[i].image_id;
        const data::RgbImage picture = data::read_image(part.pictures[i].file);
        report::PhotoRow row{set, {report::draw_objects(picture, truth[id])}};
        for (auto& [method, drawn] : looks) {
          const data::GreyImage map =
              data::to_grey(data::read_image(stage.input(labels_stage(set, method, seed)) / name /
                                             "maps" / fmt::format("{}.png", id)));
          row.photos.push_back(report::draw_heat(picture, map));
          row.photos.push_back(report::draw_objects(picture, drawn[id]));
        }
        row.photos.push_back(report::draw_objects(picture, segmenter[id]));
        rows.push_back(std::move(row));
      }
    }
    report::PhotoGridOptions options;
    options.cell = kCell;
    options.column_captions = attention ? std::vector<std::string>{"known",
                                                                   "heat map",
                                                                   "by attention",
                                                                   "heat map, brief",
                                                                   "by attention, brief",
                                                                   "by segmenter"}
                                        : std::vector<std::string>{"known", "by segmenter"};
    report::write_photo_grid_png(stage.dir() / "sheet.png", rows, options);
    return core::Json::object();
  };
  return graph.add(std::move(spec));
}

}  // namespace ersatz::diffugen
