#include "labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "automatic_labels.h"
#include "core/digest.h"
#include "core/file_system.h"
#include "core/suggest.h"
#include "data/images/image_file.h"
#include "evaluate/labels/dataset_comparison.h"
#include "evaluate/labels/label_scores.h"
#include "evaluate/labels/label_scores_json.h"
#include "label/dataset/formats.h"
#include "label/dataset/read_dataset.h"
#include "label/dataset/write_dataset.h"
#include "names.h"
#include "orchards.h"

namespace ersatz::apples {
namespace {

namespace fs = std::filesystem;
using core::Json;
using label::LabelledDataset;

// Generated pictures without labels.
LabelledDataset blank(const core::Config& config, const fs::path& pictures_stage) {
  LabelledDataset dataset;
  dataset.images = pictures_stage / "images";
  dataset.classes = {kClass};
  for (const GeneratedPicture& picture : generated_pictures(config, pictures_stage)) {
    const data::RgbImage pixels = data::read_image(picture.path);
    label::LabelledPicture next{picture.name, pixels.width, pixels.height, {}, Json::object()};
    next.details["prompt"] = picture.prompt;
    dataset.pictures.push_back(std::move(next));
  }
  return dataset;
}

std::int64_t objects_in(const LabelledDataset& dataset) {
  std::int64_t objects = 0;
  for (const label::LabelledPicture& picture : dataset.pictures) {
    objects += static_cast<std::int64_t>(picture.objects.size());
  }
  return objects;
}

std::vector<SeenPicture> seen(const LabelledDataset& dataset, const std::string& prompt) {
  std::vector<SeenPicture> pictures;
  for (const label::LabelledPicture& picture : dataset.pictures) {
    SeenPicture next;
    next.pixels = data::read_image(dataset.images / picture.file);
    next.prompt = picture.details.is_object() && picture.details.contains("prompt")
                      ? picture.details.at("prompt").get<std::string>()
                      : prompt;
    next.number = pictures.size();
    pictures.push_back(std::move(next));
  }
  return pictures;
}

void label_all(const AutomaticLabeller& labeller, LabelMethod method, const std::string& prompt,
               LabelledDataset& dataset) {
  const auto found = labeller.labels(method, seen(dataset, prompt));
  for (std::size_t i = 0; i < found.size(); ++i) dataset.pictures[i].objects = found[i];
}

// Pictures of the real validation part with their true boxes.
LabelledDataset checked_pictures(const core::Config& config, const RealSet& real,
                                 const core::StageContext& stage, const fs::path& folder) {
  const label::DetectionLabels all = read_real(real, stage, kValidation);
  LabelledDataset dataset;
  dataset.images = folder;
  dataset.classes = {kClass};
  core::make_directories(folder);
  const auto count =
      std::min(all.pictures.size(), static_cast<std::size_t>(config.get_int("labels.checked")));
  for (std::size_t k = 0; k < count; ++k) {
    const data::DetectionLabel& from = all.pictures[k];
    label::LabelledPicture picture{
        fs::path(from.name).filename().string(), from.width, from.height, {}, {}};
    for (const data::ObjectBox& box : from.boxes) {
      label::AnnotatedObject object;
      object.box = {static_cast<double>(box.x0), static_cast<double>(box.y0),
                    static_cast<double>(box.x1 - box.x0), static_cast<double>(box.y1 - box.y0)};
      object.crowd = box.crowd;
      picture.objects.push_back(std::move(object));
    }
    fs::copy_file(from.path, folder / picture.file, fs::copy_options::overwrite_existing);
    dataset.pictures.push_back(std::move(picture));
  }
  return dataset;
}

Json scores_against(const LabelledDataset& truth, const LabelledDataset& labels) {
  const evaluate::DatasetComparison pair =
      evaluate::compare_datasets(truth, labels, {}, false, true);
  evaluate::LabelScoreOptions options;
  options.shape = evaluate::CocoShape::kBox;
  options.any_class = true;
  return evaluate::label_scores_json(evaluate::label_scores(pair.truth, pair.labels, options));
}

void export_for_people(const LabelledDataset& dataset, const fs::path& folder) {
  // The formats' files have names of their own: one folder of pictures serves all.
  core::make_directories(folder / "images");
  for (const label::LabelledPicture& picture : dataset.pictures) {
    fs::copy_file(dataset.images / picture.file, folder / "images" / picture.file);
  }
  label::write_dataset(dataset, "coco", folder / "coco.json");
  label::write_dataset(dataset, "yolo", folder);
  label::write_dataset(dataset, "label-studio", folder);
}

LabelMethod preannotations(const core::Config& config) {
  const std::string& name = config.get_string("labels.preannotations");
  std::vector<std::string> known;
  for (const LabelMethod method : automatic_methods()) {
    known.emplace_back(label_method_name(method));
    if (known.back() == name) return method;
  }
  throw core::unknown_name("labels.preannotations", name, known);
}

std::string digest_of(const fs::path& path) {
  if (!fs::is_directory(path)) return core::sha256_file(path);
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (!entry.is_regular_file()) continue;
    files[entry.path().lexically_relative(path).generic_string()] = core::sha256_file(entry.path());
  }
  std::string text;
  for (const auto& [name, digest] : files) text += name + " " + digest + "\n";
  return core::sha256_hex(text);
}

}  // namespace

std::string add_labeller(core::RunContext& run, core::StageGraph& graph, const Family& family) {
  const core::Config& config = run.config();
  const auto updates = config.get_int("labeller.updates");
  core::StageSpec spec;
  spec.name = kLabellerStage;
  spec.kind = "labeller";
  spec.config = training_settings(config, family);
  spec.config.update(config.slice({"labeller.", "scenes.", "seed"}));
  use_weights(family, spec);
  add_cost(config, family, updates, spec);
  spec.collective = true;
  const auto seed = config.get_int("seed");
  spec.body = [=, config = config, how = learning(run, updates, seed)](core::StageContext& stage) {
    const data::DetectionSet set =
        drawn_lessons(config, DrawnLesson::kApples, config.get_int("labeller.images"),
                      static_cast<int>(config.get_int("detectors.size")), seed);
    return learn(set, config, family, beginning_with(how, weights_of(family, stage)), stage);
  };
  return graph.add(std::move(spec));
}

std::string add_automatic_labels(core::RunContext& run, core::StageGraph& graph,
                                 const RealSet& real, const runner::ModelFiles& base) {
  const core::Config& config = run.config();
  const LabelMethod first = preannotations(config);
  core::StageSpec spec;
  spec.name = kAutomaticStage;
  spec.kind = "automatic-labels";
  spec.inputs = {kRealStage, kGeneratorStage, kPicturesStage, kLabellerStage};
  spec.digests["model"] = base.digest;
  if (!real.drawn) spec.digests[real.manifest] = real.digest;
  spec.config = config.slice({"attention.", "labels.confidence", "labels.preannotations",
                              "labels.checked", "pictures.count", "pictures.prompts",
                              "finetune.method", "generator.side", "detectors.size", "seed"});
  const auto pictures = config.get_int("pictures.count") + config.get_int("labels.checked");
  spec.work = static_cast<double>(pictures * config.get_int("attention.looks"));
  spec.seconds_per_work = 0.013;
  spec.pace = fmt::format("{}, {} px", base.digest, config.get_int("generator.side"));
  spec.body = [=, config = config, device = run.device()](core::StageContext& stage) {
    const AutomaticLabeller with(config, generator_files(stage, config, base),
                                 stage.input(kLabellerStage) / kDetectorFile, device);
    const fs::path copies = stage.checkpoint_dir() / "real";
    const LabelledDataset truth = checked_pictures(config, real, stage, copies);
    const std::string prompt = config.get_strings("pictures.prompts").front();
    const LabelledDataset made = blank(config, stage.input(kPicturesStage));
    Json summary = Json::object();
    for (const LabelMethod method : automatic_methods()) {
      LabelledDataset labels = made, on_real = truth;
      label_all(with, method, prompt, labels);
      for (label::LabelledPicture& picture : on_real.pictures) picture.objects.clear();
      label_all(with, method, prompt, on_real);
      const std::string name = label_method_name(method);
      label::write_coco_dataset(labels, stage.dir() / (name + ".json"));
      if (method == first) export_for_people(labels, stage.dir() / "export");
      summary[name] = {{"objects", objects_in(labels)},
                       {"without", std::count_if(labels.pictures.begin(), labels.pictures.end(),
                                                 [](const label::LabelledPicture& picture) {
                                                   return picture.objects.empty();
                                                 })},
                       {"real", scores_against(truth, on_real)}};
    }
    return summary;
  };
  return graph.add(std::move(spec));
}

std::string add_manual_labels(core::RunContext& run, core::StageGraph& graph,
                              const LabelChoice& choice) {
  const core::Config& config = run.config();
  const std::string format =
      choice.format.empty() ? label::guess_format(choice.folder) : choice.format;
  core::StageSpec spec;
  spec.name = kManualStage;
  spec.kind = "manual-labels";
  spec.numeric = false;
  spec.inputs = {kPicturesStage};
  spec.config = config.slice({"pictures.count", "pictures.prompts"});
  spec.config["format"] = format;
  spec.digests["labels"] = digest_of(choice.folder);
  spec.work = 1;
  spec.seconds_per_work = 1;
  spec.body = [=, config = config](core::StageContext& stage) {
    const LabelledDataset all = blank(config, stage.input(kPicturesStage));
    const LabelledDataset labels =
        taken_labels(all, label::read_dataset(choice.folder, format, all.images));
    label::write_coco_dataset(labels, stage.dir() / "manual.json");
    return Json{{"pictures", labels.pictures.size()},
                {"objects", objects_in(labels)},
                {"unlabelled", all.pictures.size() - labels.pictures.size()}};
  };
  return graph.add(std::move(spec));
}

std::string labels_stage(const LabelChoice& choice) {
  if (!choice.manual()) return kAutomaticStage;
  return choice.folder.empty() ? "" : kManualStage;
}

std::vector<data::DetectionLabel> read_labels(const core::StageContext& stage,
                                              const LabelChoice& choice, const core::Config& config,
                                              std::int64_t limit) {
  const fs::path& pictures = stage.input(kPicturesStage);
  const LabelledDataset labels = label::read_coco_dataset(
      stage.input(labels_stage(choice)) / (label_method_name(choice.method) + ".json"),
      pictures / "images");
  std::map<std::string, const label::LabelledPicture*> by_name;
  for (const label::LabelledPicture& picture : labels.pictures) by_name[picture.file] = &picture;
  std::vector<data::DetectionLabel> taken;
  for (const GeneratedPicture& picture : generated_pictures(config, pictures)) {
    if (limit > 0 && static_cast<std::int64_t>(taken.size()) == limit) break;
    const auto found = by_name.find(picture.name);
    if (found == by_name.end()) continue;
    data::DetectionLabel next{
        picture.path, "generated/" + picture.name, found->second->width, found->second->height, {}};
    for (const label::AnnotatedObject& object : found->second->objects) {
      data::ObjectBox box;
      box.x0 = static_cast<float>(std::max(0.0, object.box.x));
      box.y0 = static_cast<float>(std::max(0.0, object.box.y));
      box.x1 = static_cast<float>(std::min<double>(next.width, object.box.x + object.box.width));
      box.y1 = static_cast<float>(std::min<double>(next.height, object.box.y + object.box.height));
      box.crowd = object.crowd;
      if (box.x0 < box.x1 && box.y0 < box.y1) next.boxes.push_back(box);
    }
    taken.push_back(std::move(next));
  }
  return taken;
}

}  // namespace ersatz::apples
