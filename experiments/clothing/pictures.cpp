#include "pictures.h"

#include <fmt/format.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <utility>

#include "core/progress.h"
#include "core/suggest.h"
#include "data/digits/parallel_blocks.h"
#include "data/photos/grey_pictures.h"
#include "data/photos/image_folder.h"
#include "data/scenes/scene.h"
#include "generate/cutout/foreground.h"
#include "grids.h"
#include "models/conditional_gan_options.h"
#include "picture_sets.h"

namespace ersatz::clothing {
namespace {

namespace fs = std::filesystem;
using core::Json;
using Change = std::function<data::RgbImage(const data::RgbImage&)>;

constexpr int kSide = static_cast<int>(models::kConditionalGanSide);

generate::BoxShape box_shape(const std::string& name) {
  if (name == "box") return generate::BoxShape::kBox;
  if (name == "ellipse") return generate::BoxShape::kEllipse;
  throw core::unknown_name("foreground.shape", name, {"box", "ellipse"});
}

// What is done to a photograph before it is made small; counts those without a foreground.
Change take_foreground(const core::Config& config, std::atomic<std::int64_t>& without) {
  const double box = config.get_float("foreground.box");
  const generate::BoxShape shape = box_shape(config.get_string("foreground.shape"));
  const int iterations = static_cast<int>(config.get_int("foreground.iterations"));
  return [=, &without](const data::RgbImage& photo) {
    generate::Foreground made = generate::foreground_on_white(photo, box, shape, iterations);
    if (!made.found) ++without;
    return std::move(made.picture);
  };
}

// Scenes [first, first + per_class) of every class.
data::LabelledImages draw_scenes(const core::Config& config, std::int64_t first,
                                 std::int64_t per_class, const Change& change) {
  const auto classes = config.get_strings("data.classes");
  const auto seed = static_cast<std::uint64_t>(config.get_int("seed"));
  data::SceneRequest request;
  request.kind = data::SceneKind::kGarment;
  request.width = request.height = static_cast<int>(config.get_int("scenes.side"));
  request.domain = config.get_float("scenes.domain");
  const auto count = static_cast<std::int64_t>(classes.size());
  data::LabelledImages set;
  set.height = set.width = kSide;
  set.pixels.resize(static_cast<std::size_t>(per_class * count) * set.image_bytes());
  for (std::int64_t i = 0; i < per_class * count; ++i) {
    set.labels.push_back(static_cast<std::uint8_t>(i % count));
  }
  core::Progress progress("garments (drawn)", per_class * count, "img");
  constexpr std::int64_t kBlock = 16;
  data::for_each_block(per_class * count, kBlock, 0, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      data::SceneRequest own = request;
      own.fixed = {{"garment", classes[static_cast<std::size_t>(i % count)]}};
      // Scenes of one index differ in the garment only: every class has its own.
      const data::RgbImage photo = data::draw_scene(own, seed, first * count + i).image;
      const data::GreyImage small = data::grey_picture(change ? change(photo) : photo, kSide);
      std::copy(small.pixels.begin(), small.pixels.end(), set.image(static_cast<std::size_t>(i)));
    }
  });
  return set;
}

Json finish(const core::StageContext& stage, const core::Config& config,
            const data::LabelledImages& train, const data::LabelledImages& test, Json summary) {
  write_set(stage.dir() / "train", train);
  write_set(stage.dir() / "test", test);
  write_class_grid(stage.dir() / "samples.png", train, config.get_strings("data.classes"),
                   config.get_int("samples.shown"));
  summary["training_images"] = train.size();
  summary["test_images"] = test.size();
  return summary;
}

}  // namespace

std::string add_pictures(core::RunContext& run, core::StageGraph& graph, bool foreground) {
  const core::Config& config = run.config();
  core::StageSpec spec;
  spec.name = foreground ? kForegroundPictures : kOriginal;
  spec.kind = "pictures";
  spec.numeric = false;
  spec.config = config.slice({"data.classes", "samples.shown"});
  spec.config["foreground"] = foreground;
  if (foreground) spec.config.update(config.slice({"foreground."}));
  spec.seconds_per_work = foreground ? 0.02 : 0.002;
  const bool drawn = config.get_string("data.pictures") == kScenes;
  if (drawn) {
    const auto train_count = config.get_int("data.train_images");
    const auto test_count = config.get_int("data.test_images");
    spec.config.update(config.slice({"data.train_images", "data.test_images", "scenes.", "seed"}));
    spec.work =
        static_cast<double>((train_count + test_count) *
                            static_cast<std::int64_t>(config.get_strings("data.classes").size()));
    spec.body = [=, config = config](core::StageContext& stage) {
      std::atomic<std::int64_t> without = 0;
      const Change change = foreground ? take_foreground(config, without) : Change();
      const data::LabelledImages train = draw_scenes(config, 0, train_count, change);
      const data::LabelledImages test = draw_scenes(config, train_count, test_count, change);
      return finish(stage, config, train, test,
                    {{"refused", Json::array()}, {"without_foreground", without.load()}});
    };
    return graph.add(std::move(spec));
  }
  const std::string id = config.get_string("data.pictures");
  const core::DatasetHandle& dataset = run.dataset(id);
  spec.digests[id] = dataset.digest;
  spec.config.update(config.slice({"data.train_folder", "data.test_folder"}));
  spec.work = 3440;
  spec.body = [=, config = config, root = dataset.folder](core::StageContext& stage) {
    std::atomic<std::int64_t> without = 0;
    const Change change = foreground ? take_foreground(config, without) : Change();
    const auto classes = config.get_strings("data.classes");
    Json refused = Json::array();
    const auto load = [&](const char* key) {
      const std::string folder = config.get_string(key);
      const data::ImageFolder list = data::list_image_folder(root / folder, classes);
      core::Progress progress(folder, static_cast<std::int64_t>(list.size()), "img");
      data::LoadOptions options;
      options.progress = &progress;
      data::GreyPictures pictures = data::load_grey_pictures(list, kSide, change, options);
      for (const data::RefusedPhoto& photo : pictures.refused) {
        refused.push_back((fs::path(folder) / photo.file).generic_string());
      }
      return std::move(pictures.images);
    };
    const data::LabelledImages train = load("data.train_folder");
    const data::LabelledImages test = load("data.test_folder");
    return finish(stage, config, train, test,
                  {{"refused", refused}, {"without_foreground", without.load()}});
  };
  return graph.add(std::move(spec));
}

}  // namespace ersatz::clothing
