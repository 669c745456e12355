#include "teachers.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "core/progress.h"
#include "core/signals.h"
#include "core/suggest.h"
#include "data/digits/parallel_blocks.h"
#include "data/photos/photo_set.h"
#include "data/scenes/scene.h"
#include "data/scenes/scene_vocabulary.h"
#include "names.h"
#include "train/photo_classifier_trainer.h"
#include "train/segmentation/segmenter_trainer.h"

namespace ersatz::diffugen {
namespace {

namespace fs = std::filesystem;
using core::Json;

// Far from those of the tests.
constexpr std::uint64_t kTeacherScenes = 9'100'000, kJudgeScenes = 9'200'000;
constexpr std::int64_t kHeldOut = 1'000'000;

std::int64_t class_index(const std::string& name) {
  const std::vector<std::string>& classes = teacher_classes();
  return std::find(classes.begin(), classes.end(), name) - classes.begin();
}

// Every second scene shows a vehicle, the others oranges.
data::Scene lesson(std::int64_t index, int side, std::uint64_t seed) {
  data::SceneRequest request;
  request.width = request.height = side;
  if (index % 2 == 0) {
    request.kind = data::SceneKind::kCar;
  } else {
    request.fixed = {{"fruit", "orange"}};
  }
  return data::draw_scene(request, seed, index);
}

train::SegmentationSet lessons_of(std::int64_t count, int side, std::uint64_t seed) {
  train::SegmentationSet set(teacher_classes(), count, side, side);
  core::Progress progress("drawing", count, "img");
  constexpr std::int64_t kBlock = 8, kRound = 64 * kBlock;
  for (std::int64_t first = 0; first < count; first += kRound) {
    const std::int64_t some = std::min(kRound, count - first);
    data::for_each_block(some, kBlock, 0, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = first + begin; i < first + end; ++i) {
        data::Scene scene = lesson(i, side, seed);
        train::KnownPixels known;
        known.instances = std::move(scene.instances);
        for (const data::SceneObject& object : scene.objects) {
          known.classes.push_back(class_index(teacher_class(object.name)));
        }
        set.fill(i, scene.image, known);
      }
    });
    progress.add(some);
    core::stop_point();
  }
  return set;
}

bool trains_its_own(const core::Config& config) {
  const std::string& network = config.get_string("segmenter.network");
  if (network != "small" && network != "yolov8-seg") {
    throw core::unknown_name("segmenter.network", network, {"small", "yolov8-seg"});
  }
  return network == "small";
}

}  // namespace

std::string add_teacher(core::RunContext& run, core::StageGraph& graph) {
  const core::Config& config = run.config();
  if (!trains_its_own(config)) return "";
  core::StageSpec spec;
  spec.name = kTeacher;
  spec.kind = "segmenter";
  spec.config = config.slice({"segmenter.", "scenes.side", "seed"});
  for (const char* key : {"segmenter.confidence", "segmenter.weights", "segmenter.weights_file"}) {
    spec.config.erase(key);
  }
  const auto steps = config.get_int("segmenter.steps");
  spec.work = static_cast<double>(steps * config.get_int("segmenter.batch_size"));
  spec.seconds_per_work = 0.007;
  spec.pace = fmt::format("width {}, {} px", config.get_int("segmenter.width"),
                          config.get_int("scenes.side"));
  spec.collective = true;
  spec.body = [=, config = config, device = run.device(), ranks = run.ranks(), parts = run.parts(),
               every = config.get_int("run.checkpoint_every")](core::StageContext& stage) {
    const auto seed = static_cast<std::uint64_t>(config.get_int("seed"));
    const train::SegmentationSet set =
        lessons_of(config.get_int("segmenter.images"),
                   static_cast<int>(config.get_int("scenes.side")), kTeacherScenes + seed);
    train::SegmenterTraining training;
    training.width = config.get_int("segmenter.width");
    training.steps = steps;
    training.batch_size = config.get_int("segmenter.batch_size");
    training.learning_rate.base = config.get_float("segmenter.learning_rate");
    train::TrainingRun how;
    how.checkpoint_folder = stage.checkpoint_dir();
    how.metrics_file = stage.training_log();
    how.device = device;
    how.seed = seed;
    how.checkpoint_every = every;
    how.ranks = ranks;
    how.parts = parts;
    core::Progress progress(kTeacher, steps, "steps");
    how.progress = &progress;
    const train::SegmenterTrainingResult result =
        train::train_segmenter(set, "scenes", training, how, stage.dir() / "segmenter.safetensors");
    return Json{{"loss", result.loss}, {"images_per_second", result.images_per_second}};
  };
  return graph.add(std::move(spec));
}

TeacherChoice teacher(core::RunContext& run) {
  const core::Config& config = run.config();
  if (trains_its_own(config)) return {kTeacher, {}, "", ""};
  const std::string& id = config.get_string("segmenter.weights");
  const core::DatasetHandle& dataset = run.dataset(id);
  return {"", dataset.folder / config.get_string("segmenter.weights_file"), id, dataset.digest};
}

void use_teacher(const TeacherChoice& choice, core::StageSpec& spec) {
  if (choice.stage.empty()) {
    spec.digests[choice.manifest] = choice.digest;
  } else {
    spec.inputs.push_back(choice.stage);
  }
}

Teacher::Teacher(const TeacherChoice& choice, const core::StageContext& stage,
                 const core::Config& config, const std::string& device) {
  runner::SegmenterChoice segmenter;
  segmenter.weights =
      choice.stage.empty() ? choice.weights : stage.input(choice.stage) / "segmenter.safetensors";
  segmenter.confidence = config.get_float("segmenter.confidence");
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& name : teacher_classes()) pairs.emplace_back(name, name);
  source_ = std::make_unique<runner::SegmenterSource>(segmenter, teacher_classes(), pairs, device);
}

std::vector<label::ObjectLabel> Teacher::labels(const data::RgbImage& picture) const {
  return source_->label(picture, {}, std::nullopt);
}

const std::vector<std::string>& judge_classes() {
  static const std::vector<std::string> classes = {"car",    "sedan", "suv",
                                                   "pickup", "bus",   "grand piano"};
  return classes;
}

const std::vector<std::string>& fruit_judge_classes() {
  static const std::vector<std::string> classes = [] {
    std::vector<std::string> all = data::attribute_values(data::SceneKind::kFruit, "fruit");
    all.emplace_back("lemon");
    return all;
  }();
  return classes;
}

namespace {

data::SceneRequest scene_of(const std::string& name) {
  data::SceneRequest request;
  const auto& fruits = fruit_judge_classes();
  if (std::find(fruits.begin(), fruits.end(), name) != fruits.end()) {
    request.fixed = {{"fruit", name}};
  } else if (name == "grand piano") {
    request.kind = data::SceneKind::kGrandPiano;
    request.fixed = {{"place", "road"}};
  } else {
    request.kind = data::SceneKind::kCar;
    request.fixed = {{"vehicle", name}};
  }
  return request;
}

std::string add_judge_of(core::RunContext& run, core::StageGraph& graph, const char* stage_name,
                         const std::vector<std::string>& names) {
  const core::Config& config = run.config();
  const auto per_class = config.get_int("judge.images");
  core::StageSpec spec;
  spec.name = stage_name;
  spec.kind = "judge";
  spec.config = config.slice({"judge.", "seed"});
  if (names != judge_classes()) spec.config["classes"] = names;
  const auto classes = static_cast<std::int64_t>(names.size());
  spec.work = static_cast<double>(per_class * classes * config.get_int("judge.epochs"));
  spec.seconds_per_work = 0.0012;
  spec.pace = fmt::format("{} px", config.get_int("judge.side"));
  spec.body = [=, config = config, device = run.device()](core::StageContext& stage) {
    const auto side = static_cast<int>(config.get_int("judge.side"));
    const auto seed = static_cast<std::uint64_t>(config.get_int("seed"));
    const auto photos = [&](std::int64_t first, std::int64_t each) {
      std::vector<std::uint8_t> labels;
      for (std::int64_t i = 0; i < each * classes; ++i) {
        labels.push_back(static_cast<std::uint8_t>(i % classes));
      }
      return data::prepare_photos(
          names, labels,
          [&](std::int64_t i) {
            const std::string& name = names[labels[static_cast<std::size_t>(i)]];
            return data::draw_scene(scene_of(name), kJudgeScenes + seed, first + i).image;
          },
          {side, side});
    };
    train::PhotoTraining training;
    training.network.name = "resnet10";
    training.network.width = 16;
    training.augmentation.rotation = 5;
    training.augmentation.vertical_flip = 0;
    training.epochs = config.get_int("judge.epochs");
    training.learning_rate.base = config.get_float("judge.learning_rate");
    train::TrainingRun how;
    how.checkpoint_folder = stage.checkpoint_dir();
    how.device = device;
    how.seed = seed;
    const train::PhotoTrainingResult result = train::train_photo_classifier(
        photos(0, per_class), photos(kHeldOut, std::max<std::int64_t>(2, per_class / 10)), training,
        how, stage.dir() / "judge.safetensors");
    return Json{{"accuracy", result.epochs.back().validation_accuracy}};
  };
  return graph.add(std::move(spec));
}

}  // namespace

std::string add_judge(core::RunContext& run, core::StageGraph& graph) {
  return add_judge_of(run, graph, kJudge, judge_classes());
}

std::string add_fruit_judge(core::RunContext& run, core::StageGraph& graph) {
  return add_judge_of(run, graph, kFruitJudge, fruit_judge_classes());
}

}  // namespace ersatz::diffugen
