#include "orchards.h"

#include <fmt/format.h>

#include <map>
#include <utility>
#include <vector>

#include "core/file_system.h"
#include "core/json.h"
#include "core/philox.h"
#include "core/progress.h"
#include "data/digits/parallel_blocks.h"
#include "names.h"

namespace ersatz::apples {
namespace {

namespace fs = std::filesystem;
using core::Json;

struct Rule {
  double least_side, least_visible;
  bool labelled(double width, double height, double area, double full_area) const {
    return width >= least_side && height >= least_side && area >= least_visible * full_area;
  }
};

Rule rule_of(const core::Config& config) {
  return {config.get_float("scenes.least_side"), config.get_float("scenes.least_visible")};
}

data::SceneRequest orchards(const core::Config& config, double domain) {
  data::SceneRequest request;
  request.kind = data::SceneKind::kAppleTree;
  request.width = request.height = static_cast<int>(config.get_int("scenes.side"));
  request.domain = domain;
  if (const std::string& shot = config.get_string("scenes.shot"); !shot.empty()) {
    request.fixed = {{"shot", shot}};
  }
  return request;
}

}  // namespace

data::SceneRequest real_orchards(const core::Config& config) {
  return orchards(config, data::kCameraDomain);
}

std::uint64_t orchard_seed(const std::string& use, std::int64_t seed) {
  return core::stream_seed(static_cast<std::uint64_t>(seed), "apples/orchards/" + use);
}

label::LabelledDataset visible_apples(const core::Config& config, const fs::path& annotations,
                                      const fs::path& images) {
  const Rule rule = rule_of(config);
  const Json written = core::read_json(annotations);
  label::LabelledDataset dataset;
  dataset.images = images;
  dataset.classes = {kClass};
  std::map<std::int64_t, std::size_t> places;
  for (const Json& image : written.at("images")) {
    places[image.at("id").get<std::int64_t>()] = dataset.pictures.size();
    dataset.pictures.push_back({image.at("file_name").get<std::string>(),
                                image.at("width").get<int>(),
                                image.at("height").get<int>(),
                                {},
                                {}});
  }
  for (const Json& annotation : written.at("annotations")) {
    const auto box = annotation.at("bbox").get<std::vector<double>>();
    label::AnnotatedObject object;
    object.box = {box.at(0), box.at(1), box.at(2), box.at(3)};
    object.crowd = !rule.labelled(box[2], box[3], annotation.at("area").get<double>(),
                                  annotation.at("full_area").get<double>());
    dataset.pictures[places.at(annotation.at("image_id").get<std::int64_t>())].objects.push_back(
        std::move(object));
  }
  return dataset;
}

data::DetectionSet drawn_lessons(const core::Config& config, DrawnLesson lesson, std::int64_t count,
                                 int size, std::int64_t seed) {
  data::SceneRequest request = orchards(config, data::kWebDomain);
  if (lesson == DrawnLesson::kFruits) {
    request.kind = data::SceneKind::kFruit;
    request.fixed.clear();
  }
  const Rule rule = rule_of(config);
  const std::uint64_t scenes =
      orchard_seed(lesson == DrawnLesson::kApples ? "labeller" : "pretraining", seed);
  data::DetectionSet set;
  set.size = size;
  set.classes = {kClass};
  set.pictures.resize(static_cast<std::size_t>(count));
  core::Progress progress("drawing", count, "img");
  data::for_each_block(count, 8, 0, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const data::Scene scene = data::draw_scene(request, scenes, i);
      std::vector<data::ObjectBox> boxes;
      for (const data::SceneObject& object : scene.objects) {
        data::ObjectBox box;
        box.x0 = static_cast<float>(object.box.x);
        box.y0 = static_cast<float>(object.box.y);
        box.x1 = static_cast<float>(object.box.x + object.box.width);
        box.y1 = static_cast<float>(object.box.y + object.box.height);
        box.crowd = !rule.labelled(object.box.width, object.box.height,
                                   static_cast<double>(object.visible_pixels),
                                   static_cast<double>(object.full_pixels));
        boxes.push_back(box);
      }
      set.pictures[static_cast<std::size_t>(i)] =
          data::detection_picture(fmt::format("{}.png", i), scene.image, std::move(boxes), size);
    }
  });
  progress.set(count);
  return set;
}

}  // namespace ersatz::apples
