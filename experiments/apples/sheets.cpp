#include "sheets.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "data/images/image_file.h"
#include "detectors.h"
#include "generator.h"
#include "label/dataset/formats.h"
#include "labels.h"
#include "report/label_drawing.h"
#include "report/photo_grid.h"

namespace ersatz::apples {
namespace {

namespace fs = std::filesystem;
using core::Json;

constexpr std::size_t kColumns = 8;
constexpr int kCell = 192;  // px

report::DrawnObject drawn(const data::CocoBox& box, std::string caption, std::size_t colour) {
  const auto px = [](double x) { return static_cast<int>(std::lround(x)); };
  report::DrawnObject object;
  object.box = {px(box.x), px(box.y), px(box.width), px(box.height)};
  object.caption = std::move(caption);
  object.colour = colour;
  return object;
}

report::PhotoRow row(const std::string& caption, std::vector<data::RgbImage> pictures) {
  if (pictures.size() > kColumns) pictures.resize(kColumns);
  return {caption, std::move(pictures)};
}

// Of equally many steps through `count` places.
std::vector<std::size_t> spread(std::size_t count, std::size_t wanted) {
  std::vector<std::size_t> places;
  for (std::size_t k = 0; k < std::min(wanted, count); ++k) {
    places.push_back(k * count / std::min(wanted, count));
  }
  return places;
}

// Files of `before` and of the generated pictures are numbered prompt by prompt.
std::vector<data::RgbImage> generated_of(const core::Config& config, const fs::path& pictures,
                                         const fs::path& labels, bool with_labels) {
  std::map<std::string, const label::LabelledPicture*> by_name;
  label::LabelledDataset dataset;
  if (with_labels) {
    dataset = label::read_coco_dataset(labels, pictures / "images");
    for (const label::LabelledPicture& one : dataset.pictures) by_name[one.file] = &one;
  }
  std::vector<data::RgbImage> shown;
  for (const GeneratedPicture& picture : generated_pictures(config, pictures)) {
    if (shown.size() == kColumns) break;
    data::RgbImage pixels = data::read_image(picture.path);
    if (!with_labels) {
      shown.push_back(std::move(pixels));
      continue;
    }
    std::vector<report::DrawnObject> objects;
    const auto found = by_name.find(picture.name);
    if (found != by_name.end()) {
      for (const label::AnnotatedObject& object : found->second->objects) {
        objects.push_back(drawn(object.box, "", 0));
      }
    }
    shown.push_back(report::draw_objects(pixels, objects));
  }
  return shown;
}

}  // namespace

bool shows_real(const core::Config& config) {
  return config.get_string("real.source") == "scenes" || config.get_bool("run.real_pictures");
}

std::string add_samples(core::RunContext& run, core::StageGraph& graph, const LabelChoice& labels) {
  const core::Config& config = run.config();
  const std::string stage_of_labels = labels_stage(labels);
  core::StageSpec spec;
  spec.name = kSamplesStage;
  spec.kind = "sheet";
  spec.numeric = false;
  spec.inputs = {kGeneratorStage, kPicturesStage};
  if (!stage_of_labels.empty()) spec.inputs.push_back(stage_of_labels);
  spec.config = config.slice({"pictures.count", "pictures.prompts"});
  spec.config["labels"] = label_method_name(labels.method);
  if (!shows_real(config)) spec.config["real_pictures"] = false;
  spec.work = 1;
  spec.seconds_per_work = 1;
  spec.body = [=, config = config](core::StageContext& stage) {
    const fs::path& pictures = stage.input(kPicturesStage);
    std::vector<report::PhotoRow> rows;
    if (shows_real(config)) {
      rows.push_back(row("learned from", pictures_in(stage.input(kGeneratorStage) / "few")));
    }
    rows.push_back(row("before", pictures_in(pictures / "before")));
    rows.push_back(row("generated", generated_of(config, pictures, {}, false)));
    if (!stage_of_labels.empty()) {
      const fs::path file =
          stage.input(stage_of_labels) / (label_method_name(labels.method) + ".json");
      rows.push_back(row("labelled", generated_of(config, pictures, file, true)));
    }
    report::write_photo_grid_png(stage.dir() / "samples.png", rows, {kCell, {}});
    return Json::object();
  };
  return graph.add(std::move(spec));
}

std::string add_found(core::RunContext& run, core::StageGraph& graph, const RealSet& real,
                      const std::string& family, bool generated, std::int64_t seed) {
  const core::Config& config = run.config();
  std::vector<std::string> shown = {kRealArm};
  if (generated) shown = arms();
  core::StageSpec spec;
  spec.name = kFoundStage;
  spec.kind = "sheet-found";
  spec.numeric = false;
  spec.inputs = {kRealStage};
  if (!real.drawn) spec.digests[real.manifest] = real.digest;
  for (const std::string& arm : shown) {
    spec.inputs.push_back(test_stage(family, {arm, 0}, seed));
  }
  spec.config = config.slice({"sheet."});
  spec.work = 1;
  spec.seconds_per_work = 1;
  spec.body = [=, config = config](core::StageContext& stage) {
    const label::DetectionLabels pictures = read_real(real, stage, kTest);
    const data::CocoGroundTruth truth = test_truth(stage);
    std::map<std::string, std::int64_t> ids;
    for (const auto& [id, name] : truth.names) ids[name] = id;
    std::map<std::string, std::vector<data::CocoObject>> found;
    for (const std::string& arm : shown) {
      found[arm] = detections_of(stage, test_stage(family, {arm, 0}, seed), truth);
    }
    const double confidence = config.get_float("sheet.confidence");
    std::vector<report::PhotoRow> rows;
    for (const std::size_t place :
         spread(pictures.pictures.size(),
                static_cast<std::size_t>(config.get_int("sheet.pictures")))) {
      const data::DetectionLabel& picture = pictures.pictures[place];
      const data::RgbImage pixels = data::read_image(picture.path);
      const std::int64_t id = ids.at(picture.name);
      std::vector<report::DrawnObject> objects;
      for (const data::CocoObject& object : truth.objects) {
        if (object.image_id == id && !object.crowd) objects.push_back(drawn(object.box, "", 2));
      }
      report::PhotoRow next{"", {report::draw_objects(pixels, objects)}};
      for (const std::string& arm : shown) {
        objects.clear();
        for (const data::CocoObject& object : found.at(arm)) {
          if (object.image_id != id || object.score < confidence) continue;
          objects.push_back(drawn(object.box, "", 0));
        }
        next.photos.push_back(report::draw_objects(pixels, objects));
      }
      rows.push_back(std::move(next));
    }
    report::PhotoGridOptions options;
    options.cell = 320;
    options.column_captions = {"true boxes"};
    for (const std::string& arm : shown) options.column_captions.push_back("learned from " + arm);
    report::write_photo_grid_png(stage.dir() / "found.png", rows, options);
    return Json::object();
  };
  return graph.add(std::move(spec));
}

}  // namespace ersatz::apples
