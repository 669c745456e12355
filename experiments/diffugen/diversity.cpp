#include "diversity.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

#include "core/error.h"
#include "data/images/image_file.h"
#include "data/photos/photo_set.h"
#include "data/photos/pixel_scaling.h"
#include "data/scenes/scene.h"
#include "data/scenes/scene_vocabulary.h"
#include "dataset.h"
#include "evaluate/diversity.h"
#include "models/classifier_file.h"
#include "names.h"
#include "teachers.h"
#include "train/photo_evaluation.h"

namespace ersatz::diffugen {
namespace {

namespace fs = std::filesystem;
using core::Json;

constexpr std::uint64_t kScenes = 9'300'000;

std::string value_of(const GeneratedPicture& picture, const std::string& attribute) {
  const generate::DiffuGenAttributes& all = picture.details.attributes;
  if (attribute == "object_name") return all.object_name;
  if (attribute == "view_point") return all.view_point;
  if (attribute == "time_of_day") return all.time_of_day;
  return all.weather_condition;
}

// Each picture's value as a number.
std::vector<std::uint8_t> numbered(const std::vector<GeneratedPicture>& pictures,
                                   const std::string& attribute, std::size_t& values) {
  std::map<std::string, std::uint8_t> numbers;
  std::vector<std::uint8_t> labels;
  for (const GeneratedPicture& picture : pictures) {
    const auto next = static_cast<std::uint8_t>(numbers.size());
    labels.push_back(numbers.emplace(value_of(picture, attribute), next).first->second);
  }
  values = numbers.size();
  return labels;
}

// {"total", <attribute>: share between its values}.
Json variances(const train::PhotoFeatures& features,
               const std::vector<GeneratedPicture>& pictures) {
  Json json = Json::object();
  const std::vector<std::uint8_t> one(pictures.size(), 0);
  const double total = evaluate::feature_variance(features.values, features.width, one).total;
  json["total"] = total;
  for (const DiversityAttribute& attribute : diversity_attributes()) {
    std::size_t values = 0;
    const std::vector<std::uint8_t> labels = numbered(pictures, attribute.name, values);
    if (values < 2 || total <= 0 || values == pictures.size()) continue;
    const double within =
        evaluate::feature_variance(features.values, features.width, labels).within_class;
    json[attribute.name] = std::max(0.0, 1 - within / total);
  }
  return json;
}

// The attributes of a scene like a generated picture; nothing when scenes do not know them.
bool scene_attributes(const GeneratedPicture& picture, data::SceneAttributes& fixed) {
  for (const DiversityAttribute& attribute : diversity_attributes()) {
    const std::string value = value_of(picture, attribute.name);
    const std::vector<std::string> known =
        data::attribute_values(data::SceneKind::kCar, attribute.scene_name);
    if (std::find(known.begin(), known.end(), value) == known.end()) return false;
    fixed[attribute.scene_name] = value;
  }
  return true;
}

class Judge {
 public:
  Judge(const fs::path& file, const std::string& device)
      : loaded_(models::load_image_classifier(file)) {
    run_.device = device;
  }
  data::PhotoSet prepare(const std::vector<std::uint8_t>& labels, int side,
                         const std::function<data::RgbImage(std::int64_t)>& picture) const {
    return data::prepare_photos(loaded_.description.classes, labels, picture, {side, side});
  }
  train::PhotoFeatures features(const data::PhotoSet& photos) const {
    return train::photo_features(*loaded_.network, photos, scaling(), run_);
  }
  double accuracy(const data::PhotoSet& photos) const {
    return train::evaluate_photos(*loaded_.network, photos, scaling(), run_).accuracy;
  }

 private:
  data::PixelScaling scaling() const { return data::pixel_scaling(loaded_.description.scaling); }
  models::LoadedClassifier loaded_;
  train::EvaluationRun run_;
};

// The judge's class of each picture's object; its last class where it has none.
std::vector<std::uint8_t> asked_for(const std::vector<GeneratedPicture>& pictures) {
  std::vector<std::uint8_t> labels;
  for (const GeneratedPicture& picture : pictures) {
    const std::string& object = picture.details.attributes.object_name;
    const auto found = std::find(judge_classes().begin(), judge_classes().end() - 1, object);
    labels.push_back(static_cast<std::uint8_t>(found - judge_classes().begin()));
  }
  return labels;
}

}  // namespace

const std::vector<DiversityAttribute>& diversity_attributes() {
  static const std::vector<DiversityAttribute> all = {{"object_name", "vehicle"},
                                                      {"view_point", "view"},
                                                      {"time_of_day", "time"},
                                                      {"weather_condition", "weather"}};
  return all;
}

std::string add_diversity(core::RunContext& run, core::StageGraph& graph) {
  const core::Config& config = run.config();
  core::StageSpec spec;
  spec.name = kDiversity;
  spec.kind = "diversity";
  spec.inputs = {kDataset, kJudge};
  spec.config = config.slice({"judge.side", "scenes.side"});
  spec.work = 1;
  spec.seconds_per_work = 5;
  spec.body = [=, config = config, device = run.device()](core::StageContext& stage) {
    const Judge judge(stage.input(kJudge) / "judge.safetensors", device);
    const auto side = static_cast<int>(config.get_int("judge.side"));
    Json summary = {{"tasks", Json::object()}};
    for (const std::string& task : tasks()) {
      const std::vector<GeneratedPicture> pictures =
          pictures_of(stage.input(kDataset) / "dataset", task);
      if (pictures.size() < 2) continue;
      const data::PhotoSet photos = judge.prepare(asked_for(pictures), side, [&](std::int64_t i) {
        return data::read_image(pictures[static_cast<std::size_t>(i)].picture);
      });
      const Json found = variances(judge.features(photos), pictures);
      summary["tasks"][task] = found.at("total");
      if (task != "txt2img") continue;
      summary["generated"] = found;
      summary["pictures"] = pictures.size();
      summary["as_asked"] = judge.accuracy(photos);
      std::vector<data::SceneAttributes> like(pictures.size());
      bool known = true;
      for (std::size_t i = 0; i < pictures.size(); ++i) {
        known = known && scene_attributes(pictures[i], like[i]);
      }
      if (!known) continue;
      const data::PhotoSet scenes = judge.prepare(asked_for(pictures), side, [&](std::int64_t i) {
        data::SceneRequest request;
        request.kind = data::SceneKind::kCar;
        request.fixed = like[static_cast<std::size_t>(i)];
        request.width = request.height = static_cast<int>(config.get_int("scenes.side"));
        return data::draw_scene(request, kScenes, i).image;
      });
      summary["scenes"] = variances(judge.features(scenes), pictures);
      summary["scenes_as_asked"] = judge.accuracy(scenes);
    }
    return summary;
  };
  return graph.add(std::move(spec));
}

}  // namespace ersatz::diffugen
