#include "generated.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <utility>

#include "core/digest.h"
#include "core/file_system.h"
#include "core/signals.h"
#include "data/images/image_file.h"
#include "dataset.h"
#include "generated_labels.h"
#include "label/dataset/formats.h"
#include "label/dataset/read_dataset.h"
#include "label/map_labels.h"
#include "names.h"
#include "sheets.h"

namespace ersatz::diffugen {
namespace {

namespace fs = std::filesystem;
using core::Json;
using label::LabelledDataset;

bool all_have_outlines(const LabelledDataset& dataset) {
  for (const label::LabelledPicture& picture : dataset.pictures) {
    for (const label::AnnotatedObject& object : picture.objects) {
      if (object.outlines.empty()) return false;
    }
  }
  return true;
}

// Of a file, or of all files of a folder with their names.
std::string digest_of(const fs::path& path) {
  if (!fs::is_directory(path)) return core::sha256_file(path);
  std::set<std::string> lines;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (!entry.is_regular_file()) continue;
    lines.insert(entry.path().lexically_relative(path).generic_string() + " " +
                 core::sha256_file(entry.path()) + "\n");
  }
  std::string text;
  for (const std::string& line : lines) text += line;
  return core::sha256_hex(text);
}

std::vector<std::string> methods_of(const std::string& task) {
  if (task == "inpaint") return {kFixed, kSegmenter};
  return {kPublished, kFixed, kSegmenter};
}

}  // namespace

std::string add_generated(core::RunContext& run, core::StageGraph& graph,
                          const TeacherChoice& choice) {
  const core::Config& config = run.config();
  core::StageSpec spec;
  spec.name = kGenerated;
  spec.kind = "generated-labels";
  spec.inputs = {kDataset};
  use_teacher(choice, spec);
  spec.config = config.slice({"segmenter.network", "segmenter.confidence"});
  spec.work = 1;
  spec.seconds_per_work = 5;
  spec.body = [=, config = config, device = run.device()](core::StageContext& stage) {
    const Teacher segmenter(choice, stage, config, device);
    Json summary = Json::object();
    LabelSheet sheet;
    for (const std::string& task : tasks()) {
      std::map<std::string, LabelledDataset> found;
      for (const std::string& method : methods_of(task)) found[method].classes = {"object"};
      const std::vector<GeneratedPicture> pictures =
          pictures_of(stage.input(kDataset) / "dataset", task);
      for (std::size_t i = 0; i < pictures.size(); ++i) {
        const data::RgbImage pixels = data::read_image(pictures[i].picture);
        const data::GreyImage map = data::to_grey(data::read_image(pictures[i].map));
        std::map<std::string, std::vector<label::ObjectLabel>> labels;
        for (auto& [method, dataset] : found) {
          labels[method] =
              is_attention(method)
                  ? label::labels_of_map(map, 0, pictures[i].details.attributes.object_name,
                                         label::parse_map_recipe(method))
                  : segmenter.labels(pixels);
          dataset.pictures.push_back(labelled(pictures[i], pixels, labels[method]));
        }
        if (LabelSheet::shows(i, pictures.size())) {
          sheet.add(task, pixels, map, labels[kFixed], labels[kSegmenter]);
        }
        core::stop_point();
      }
      if (pictures.empty()) continue;
      core::make_directories(stage.dir() / task);
      for (auto& [method, dataset] : found) {
        label::write_coco_dataset(dataset, stage.dir() / task / fmt::format("{}.json", method));
      }
      const LabelledDataset judged = with_objects(found[kSegmenter]);
      summary[task] = {{"pictures", pictures.size()}, {"shown", judged.pictures.size()}};
      if (judged.pictures.empty()) continue;
      for (const auto& [method, dataset] : found) {
        if (!is_attention(method)) continue;
        summary[task][method] = compared(judged, dataset);
      }
    }
    sheet.write(stage.dir() / "sheet.png");
    return summary;
  };
  return graph.add(std::move(spec));
}

LabelledDataset labels_of(const core::StageContext& stage, const std::string& task,
                          const std::string& method) {
  const fs::path file =
      stage.input(generated_stage(method)) / task / fmt::format("{}.json", method);
  if (!fs::exists(file)) return {};
  return label::read_coco_dataset(file, "images");
}

bool has_sample(const core::Config& config) { return !config.get_string("sample.labels").empty(); }

std::string add_sample(core::RunContext& run, core::StageGraph& graph) {
  const core::Config& config = run.config();
  const fs::path file = config.get_string("sample.labels");
  const std::string format = config.get_string("sample.format").empty()
                                 ? label::guess_format(file)
                                 : config.get_string("sample.format");
  core::StageSpec spec;
  spec.name = kSample;
  spec.kind = "sample";
  spec.numeric = false;
  spec.inputs = {kGenerated, kGeneratedBrief};
  spec.config["format"] = format;
  spec.digests["labels"] = digest_of(file);
  spec.work = 1;
  spec.seconds_per_work = 1;
  spec.body = [=](core::StageContext& stage) {
    const LabelledDataset truth = label::read_dataset(file, format);
    const bool masks = all_have_outlines(truth);
    Json summary = {{"pictures", truth.pictures.size()}};
    for (const std::string& method : methods()) {
      const LabelledDataset labels = labels_of(stage, "txt2img", method);
      if (masks) summary[method]["masks"] = compared(truth, labels, true);
      summary[method]["boxes"] = compared(truth, labels, false);
    }
    return summary;
  };
  return graph.add(std::move(spec));
}

}  // namespace ersatz::diffugen
