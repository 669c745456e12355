#include "scene_sets.h"

#include <fmt/format.h>

#include <array>

#include "core/error.h"
#include "core/json.h"
#include "data/scenes/scene_export.h"
#include "names.h"

namespace ersatz::diffugen {
namespace {

namespace fs = std::filesystem;
using core::Json;

// Sets of one seed share nothing with each other nor with what networks learned from.
constexpr std::uint64_t kTestScenes = 7'000'000;

const char* number_word(std::int64_t count) {
  constexpr std::array<const char*, 6> kWords = {"one", "two", "three", "four", "five", "six"};
  if (count < 1 || count > 6) {
    throw core::Error::usage(fmt::format("scenes.objects: {} is not from 1 to 6", count));
  }
  return kWords[static_cast<std::size_t>(count - 1)];
}

data::SceneRequest request_for(const core::Config& config, const std::string& set,
                               const std::string& part) {
  data::SceneRequest request;
  request.width = request.height = static_cast<int>(config.get_int("scenes.side"));
  request.domain = set == kCamera ? data::kCameraDomain : data::kWebDomain;
  request.kind = data::SceneKind::kCar;
  if (set == kCrowd) {
    request.kind = data::SceneKind::kFruit;
    request.fixed = {{"fruit", "orange"}, {"count", number_word(std::stoll(part))}};
  }
  if (set == kUnseen) {
    request.kind = data::SceneKind::kGrandPiano;
    request.fixed = {{"place", "road"}};
  }
  return request;
}

std::string name_of(const Json& attributes) {
  for (const char* attribute : {"vehicle", "fruit"}) {
    if (attributes.contains(attribute)) return attributes.at(attribute).get<std::string>();
  }
  return "grand piano";
}

// With its colour, where that was drawn.
std::string described(const Json& attributes) {
  const std::string name = name_of(attributes);
  return attributes.contains("colour") ? attributes.at("colour").get<std::string>() + " " + name
                                       : name;
}

// The object's name as the caption has it.
std::string word_of(const Json& attributes, const std::string& caption) {
  const std::string name = name_of(attributes);
  if (!attributes.contains("fruit")) return name;
  return caption.find(name + "s") == std::string::npos ? name : name + "s";
}

}  // namespace

std::string add_scenes(core::RunContext& run, core::StageGraph& graph, const std::string& set,
                       std::int64_t seed) {
  const core::Config& config = run.config();
  const char* number = set == kCrowd    ? "scenes.crowd_images"
                       : set == kUnseen ? "scenes.unseen_images"
                                        : "scenes.images";
  core::StageSpec spec;
  spec.name = scenes_stage(set, seed);
  spec.kind = "scenes";
  spec.numeric = false;
  spec.config = config.slice({"scenes.side", number});
  if (set == kCrowd) spec.config.update(config.slice({"scenes.objects"}));
  spec.config["set"] = set;
  spec.config["draw"] = seed;
  const std::int64_t images = config.get_int(number);
  const std::vector<std::string> parts = parts_of(config, set);
  for (const std::string& part : parts) request_for(config, set, part);
  spec.work = static_cast<double>(images) * static_cast<double>(parts.size());
  spec.seconds_per_work = 0.006;
  spec.body = [=, config = config](core::StageContext& stage) {
    Json summary = Json::object();
    for (const std::string& part : parts) {
      data::write_scenes(stage.dir() / part, request_for(config, set, part),
                         kTestScenes + static_cast<std::uint64_t>(seed), 0, images);
      const data::CocoGroundTruth truth =
          data::read_coco_ground_truth(stage.dir() / part / "annotations.json", false);
      summary[part] = {{"pictures", truth.image_ids.size()}, {"objects", truth.objects.size()}};
    }
    return summary;
  };
  return graph.add(std::move(spec));
}

ScenePart read_part(const fs::path& folder) {
  ScenePart part;
  part.truth = data::read_coco_ground_truth(folder / "annotations.json", true);
  const Json captions = core::read_json(folder / "captions.json");
  const Json attributes = core::read_json(folder / "attributes.json");
  std::map<std::int64_t, std::string> said;
  for (const Json& annotation : captions.at("annotations")) {
    said[annotation.at("image_id").get<std::int64_t>()] =
        annotation.at("caption").get<std::string>();
  }
  for (const Json& image : captions.at("images")) {
    ScenePicture picture;
    picture.image_id = image.at("id").get<std::int64_t>();
    const auto name = image.at("file_name").get<std::string>();
    picture.file = folder / "images" / name;
    picture.caption = said.at(picture.image_id);
    picture.word = word_of(attributes.at(name), picture.caption);
    picture.name = described(attributes.at(name));
    part.pictures.push_back(std::move(picture));
  }
  return part;
}

}  // namespace ersatz::diffugen
