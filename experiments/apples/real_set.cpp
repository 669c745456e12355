#include "real_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "core/error.h"
#include "core/file_system.h"
#include "core/philox.h"
#include "data/images/image_file.h"
#include "data/scenes/scene_export.h"
#include "label/dataset/formats.h"
#include "names.h"
#include "orchards.h"
#include "train/textual_inversion/concept_images.h"

namespace ersatz::apples {
namespace {

namespace fs = std::filesystem;
using core::Json;

constexpr double kMediumArea = 32.0 * 32, kLargeArea = 96.0 * 96;  // px, COCO's

label::LabelledPicture picture_of(const data::DetectionLabel& from) {
  label::LabelledPicture picture{from.name, from.width, from.height, {}, {}};
  for (const data::ObjectBox& box : from.boxes) {
    label::AnnotatedObject object;
    object.box = {static_cast<double>(box.x0), static_cast<double>(box.y0),
                  static_cast<double>(box.x1) - static_cast<double>(box.x0),
                  static_cast<double>(box.y1) - static_cast<double>(box.y0)};
    object.crowd = box.crowd;
    picture.objects.push_back(std::move(object));
  }
  return picture;
}

Json counts_of(const label::LabelledDataset& part) {
  std::int64_t small = 0, medium = 0, large = 0;
  for (const label::LabelledPicture& picture : part.pictures) {
    for (const label::AnnotatedObject& object : picture.objects) {
      if (object.crowd) continue;
      const double area = object.box.width * object.box.height;
      ++(area < kMediumArea ? small : area < kLargeArea ? medium : large);
    }
  }
  return {{"pictures", part.pictures.size()},
          {"objects", small + medium + large},
          {"small", small},
          {"medium", medium},
          {"large", large}};
}

Json write_part(const fs::path& folder, label::LabelledDataset part) {
  label::check_dataset(part, folder);
  core::make_directories(folder);
  label::write_coco_dataset(part, folder / "annotations.json");
  return counts_of(part);
}

label::LabelledDataset dataset_of(const std::vector<data::DetectionLabel>& pictures) {
  label::LabelledDataset part;
  part.classes = {kClass};
  for (const data::DetectionLabel& picture : pictures) part.pictures.push_back(picture_of(picture));
  return part;
}

Json draw_parts(const core::Config& config, const fs::path& folder) {
  Json summary = Json::object();
  for (const char* part : {kTrain, kValidation, kTest}) {
    const auto count = config.get_int(fmt::format("real.{}_pictures", part));
    const fs::path made = folder / part;
    data::write_scenes(made, real_orchards(config), orchard_seed(part, config.get_int("seed")), 0,
                       count);
    summary[part] =
        write_part(made, visible_apples(config, made / "annotations.json", made / "images"));
  }
  return summary;
}

label::DetectionLabels photographs(const RealSet& real, const core::Config& config, bool train) {
  const std::string key = train ? "real.train" : "real.test";
  const label::DetectionSource source{real.folder / config.get_string(key),
                                      label::DetectionFormat::kCoco,
                                      real.folder / (train ? real.train_images : real.test_images),
                                      {}};
  const label::DetectionLabels labels = label::read_detection_labels(source);
  label::require_usable(labels, source.path, label::BadLabels::kRefuse);
  if (labels.classes.size() != 1) {
    throw core::Error::usage(fmt::format("{} has {} classes: apples are one", source.path.string(),
                                         labels.classes.size()));
  }
  return labels;
}

Json split_parts(const RealSet& real, const core::Config& config, const fs::path& folder) {
  const label::DetectionLabels all = photographs(real, config, true);
  std::map<std::string, std::vector<data::DetectionLabel>> by_photograph;
  for (const data::DetectionLabel& picture : all.pictures) {
    by_photograph[photograph_of(picture.name)].push_back(picture);
  }
  std::vector<std::string> photographs_there;
  for (const auto& [name, pictures] : by_photograph) photographs_there.push_back(name);
  const auto wanted = static_cast<std::size_t>(config.get_int("real.validation_pictures"));
  std::vector<data::DetectionLabel> train, validation;
  for (const std::int64_t k : core::permutation(
           static_cast<std::int64_t>(photographs_there.size()),
           core::Stream(static_cast<std::uint64_t>(config.get_int("seed")), "apples/validation"))) {
    const auto& pictures = by_photograph.at(photographs_there[static_cast<std::size_t>(k)]);
    std::vector<data::DetectionLabel>& part = validation.size() < wanted ? validation : train;
    part.insert(part.end(), pictures.begin(), pictures.end());
  }
  if (train.empty() || validation.empty()) {
    throw core::Error::usage(fmt::format(
        "real.validation_pictures is {}: {} pictures of {} photographs cannot be divided so",
        wanted, all.pictures.size(), by_photograph.size()));
  }
  return {
      {kTrain, write_part(folder / kTrain, dataset_of(train))},
      {kValidation, write_part(folder / kValidation, dataset_of(validation))},
      {kTest, write_part(folder / kTest, dataset_of(photographs(real, config, false).pictures))}};
}

}  // namespace

RealSet real_set(core::RunContext& run) {
  const core::Config& config = run.config();
  const std::string& source = config.get_string("real.source");
  if (source == "scenes") return {true, {}, "", "", "", ""};
  const core::DatasetHandle& dataset = run.dataset(source);
  return {false,
          dataset.folder,
          source,
          dataset.digest,
          config.get_string("real.train_images"),
          config.get_string("real.test_images")};
}

std::string add_real(core::RunContext& run, core::StageGraph& graph, const RealSet& real) {
  const core::Config& config = run.config();
  core::StageSpec spec;
  spec.name = kRealStage;
  spec.kind = "real";
  spec.numeric = false;
  spec.config = config.slice({"real.validation_pictures", "seed"});
  if (real.drawn) {
    spec.config.update(config.slice({"real.train_pictures", "real.test_pictures", "scenes."}));
  } else {
    spec.config.update(
        config.slice({"real.train", "real.train_images", "real.test", "real.test_images"}));
    spec.config.erase("real.train_pictures");
    spec.config.erase("real.test_pictures");
    spec.digests[real.manifest] = real.digest;
  }
  double pictures = 0;
  for (const char* part : {kTrain, kValidation, kTest}) {
    pictures += static_cast<double>(config.get_int(fmt::format("real.{}_pictures", part)));
  }
  spec.work = real.drawn ? pictures : 1;
  spec.seconds_per_work = real.drawn ? 0.012 : 2;
  spec.pace = real.drawn ? "drawn" : "read";
  spec.body = [=, config = config](core::StageContext& stage) {
    return real.drawn ? draw_parts(config, stage.dir()) : split_parts(real, config, stage.dir());
  };
  return graph.add(std::move(spec));
}

fs::path real_truth(const core::StageContext& stage, const std::string& part) {
  return stage.input(kRealStage) / part / "annotations.json";
}

label::DetectionLabels read_real(const RealSet& real, const core::StageContext& stage,
                                 const std::string& part) {
  const fs::path images =
      real.drawn ? stage.input(kRealStage) / part / "images"
                 : real.folder / (part == kTest ? real.test_images : real.train_images);
  const label::DetectionSource source{
      real_truth(stage, part), label::DetectionFormat::kCoco, images, {}};
  label::DetectionLabels labels = label::read_detection_labels(source, {kClass});
  // Two slivers of drawn apples may have one box.
  label::require_usable(labels, source.path,
                        real.drawn ? label::BadLabels::kLeaveOut : label::BadLabels::kRefuse);
  return labels;
}

std::string photograph_of(const std::string& name) {
  const std::string stem = fs::path(name).stem().string();
  return stem.substr(0, stem.rfind('_'));
}

data::RgbImage square(const data::RgbImage& picture, int side) {
  return train::prepare_picture(picture, {side, true});
}

std::vector<data::RgbImage> few_pictures(const label::DetectionLabels& train, std::int64_t count,
                                         std::int64_t seed, int side) {
  const auto all = static_cast<std::int64_t>(train.pictures.size());
  if (count < 1 || count > all) {
    throw core::Error::usage(
        fmt::format("finetune.pictures is {}, the training part has {} pictures", count, all));
  }
  std::vector<std::int64_t> order =
      core::permutation(all, core::Stream(static_cast<std::uint64_t>(seed), "apples/few"));
  order.resize(static_cast<std::size_t>(count));
  std::vector<data::RgbImage> pictures;
  for (const std::int64_t k : order) {
    pictures.push_back(
        square(data::read_image(train.pictures[static_cast<std::size_t>(k)].path), side));
  }
  return pictures;
}

}  // namespace ersatz::apples
