#include "use_test.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "compute/torch_device.h"
#include "core/error.h"
#include "core/file_system.h"
#include "core/progress.h"
#include "data/coco/polygon_mask.h"
#include "data/images/image_file.h"
#include "data/images/resize.h"
#include "data/scenes/scene.h"
#include "dataset.h"
#include "generated.h"
#include "label/semantic/semantic_segmenter.h"
#include "names.h"
#include "scene_labels.h"
#include "scene_sets.h"
#include "train/segmentation/segmenter_trainer.h"

namespace ersatz::diffugen {
namespace {

namespace fs = std::filesystem;
using core::Json;

constexpr std::uint64_t kExactScenes = 9'400'000;

struct Lessons {
  train::SegmentationSet set;
  std::int64_t objects = 0;
};

// Labels as masks, the surest on top.
train::KnownPixels known_pixels(const label::LabelledPicture& picture) {
  train::KnownPixels known;
  known.instances.assign(static_cast<std::size_t>(picture.width * picture.height), 0);
  std::vector<const label::AnnotatedObject*> objects;
  for (const label::AnnotatedObject& object : picture.objects) objects.push_back(&object);
  std::stable_sort(objects.begin(), objects.end(),
                   [](const auto* a, const auto* b) { return a->score < b->score; });
  for (const label::AnnotatedObject* object : objects) {
    std::vector<data::Rle> parts;
    for (const label::Outline& outline : object->outlines) {
      parts.push_back(data::polygon_mask(outline, picture.height, picture.width));
    }
    if (parts.empty()) continue;
    known.classes.push_back(0);
    const std::vector<std::uint8_t> mask = data::decode_rle(data::union_of(parts));
    for (std::size_t i = 0; i < mask.size(); ++i) {
      if (mask[i] != 0) known.instances[i] = static_cast<std::uint16_t>(known.classes.size());
    }
  }
  return known;
}

std::int64_t count_pictures(const fs::path& dataset) {
  std::int64_t count = 0;
  for (const std::string& task : tasks()) {
    count += static_cast<std::int64_t>(pictures_of(dataset, task).size());
  }
  return count;
}

Lessons generated_lessons(const core::StageContext& stage, const fs::path& dataset,
                          const std::string& lesson) {
  struct Taught {
    fs::path picture;
    label::LabelledPicture labels;
  };
  std::vector<Taught> all;
  for (const std::string& task : tasks()) {
    for (const label::LabelledPicture& labels : labels_of(stage, task, lesson).pictures) {
      all.push_back({dataset / task / "images" / labels.file, labels});
    }
  }
  if (all.empty()) throw core::Error::internal("there are no pictures to learn from");
  const label::LabelledPicture& first = all.front().labels;
  Lessons lessons{{{"object"}, static_cast<std::int64_t>(all.size()), first.height, first.width}};
  for (std::size_t i = 0; i < all.size(); ++i) {
    lessons.objects += static_cast<std::int64_t>(all[i].labels.objects.size());
    lessons.set.fill(static_cast<std::int64_t>(i), data::read_image(all[i].picture),
                     known_pixels(all[i].labels));
  }
  return lessons;
}

Lessons exact_lessons(std::int64_t count, int side, std::int64_t seed) {
  Lessons lessons{{{"object"}, count, side, side}};
  for (std::int64_t i = 0; i < count; ++i) {
    data::SceneRequest request;
    request.kind = data::SceneKind::kCar;
    request.width = request.height = side;
    data::Scene scene =
        data::draw_scene(request, kExactScenes + static_cast<std::uint64_t>(seed), i);
    train::KnownPixels known;
    known.instances = std::move(scene.instances);
    known.classes.assign(scene.objects.size(), 0);
    lessons.objects += static_cast<std::int64_t>(scene.objects.size());
    lessons.set.fill(i, scene.image, known);
  }
  return lessons;
}

Json test_on(const fs::path& scenes, const label::SemanticSegmenter& detector,
             const fs::path& labels) {
  const ScenePart part = read_part(scenes);
  std::vector<std::pair<std::int64_t, std::vector<label::ObjectLabel>>> all;
  for (const ScenePicture& picture : part.pictures) {
    all.emplace_back(picture.image_id, detector.labels(data::read_image(picture.file)));
  }
  write_labels(labels, all);
  return score_labels(part.truth, labels);
}

}  // namespace

std::string add_use_test(core::RunContext& run, core::StageGraph& graph, const std::string& lesson,
                         std::int64_t seed) {
  const core::Config& config = run.config();
  core::StageSpec spec;
  spec.name = use_stage(lesson, seed);
  spec.kind = "use-test";
  spec.inputs = {kDataset, generated_stage(lesson), scenes_stage(kWeb, seed),
                 scenes_stage(kCamera, seed)};
  spec.config = config.slice({"use_test.", "scenes.side"});
  spec.config["lesson"] = lesson;
  spec.config["training_seed"] = seed;
  const auto steps = config.get_int("use_test.steps");
  spec.work = static_cast<double>(steps * config.get_int("use_test.batch_size"));
  spec.seconds_per_work = 0.006;
  spec.pace = fmt::format("width {}, {} px", config.get_int("use_test.width"),
                          config.get_int("scenes.side"));
  spec.collective = true;
  spec.body = [=, config = config, device = run.device(), ranks = run.ranks(), parts = run.parts(),
               every = config.get_int("run.checkpoint_every")](core::StageContext& stage) {
    const fs::path dataset = stage.input(kDataset) / "dataset";
    const Lessons lessons =
        lesson == kExact ? exact_lessons(count_pictures(dataset),
                                         static_cast<int>(config.get_int("scenes.side")), seed)
                         : generated_lessons(stage, dataset, lesson);
    train::SegmenterTraining training;
    training.width = config.get_int("use_test.width");
    training.steps = steps;
    training.batch_size = config.get_int("use_test.batch_size");
    training.learning_rate.base = config.get_float("use_test.learning_rate");
    train::TrainingRun how;
    how.checkpoint_folder = stage.checkpoint_dir();
    how.device = device;
    how.seed = static_cast<std::uint64_t>(seed);
    how.checkpoint_every = every;
    how.ranks = ranks;
    how.parts = parts;
    core::Progress progress("learning", steps, "steps");
    how.progress = &progress;
    const fs::path weights = stage.dir() / "detector.safetensors";
    const train::SegmenterTrainingResult result =
        train::train_segmenter(lessons.set, lesson, training, how, weights);
    if (!train::writes_files(how)) return Json::object();
    const label::SemanticSegmenter detector(weights, lesson, compute::torch_device(device));
    Json summary = {{"pictures", lessons.set.size()},
                    {"objects", lessons.objects},
                    {"images_per_second", result.images_per_second}};
    for (const char* set : {kWeb, kCamera}) {
      summary[set] = test_on(stage.input(scenes_stage(set, seed)) / "scenes", detector,
                             stage.dir() / fmt::format("{}.json", set));
    }
    return summary;
  };
  return graph.add(std::move(spec));
}

}  // namespace ersatz::diffugen
