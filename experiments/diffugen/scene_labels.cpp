#include "scene_labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "brief.h"
#include "core/file_system.h"
#include "core/progress.h"
#include "core/signals.h"
#include "data/coco/coco_results.h"
#include "data/images/image_file.h"
#include "data/images/png_codec.h"
#include "evaluate/labels/label_scores.h"
#include "evaluate/labels/label_scores_json.h"
#include "label/coco_label.h"
#include "label/picture_attention.h"
#include "model.h"
#include "names.h"
#include "runner/diffusion/image_tensors.h"
#include "scene_sets.h"

namespace ersatz::diffugen {
namespace {

namespace fs = std::filesystem;
using core::Json;
using Labels = std::vector<std::pair<std::int64_t, std::vector<label::ObjectLabel>>>;

evaluate::LabelScoreOptions score_options(evaluate::CocoShape shape) {
  evaluate::LabelScoreOptions options;
  options.shape = shape;
  options.any_class = true;
  return options;
}

struct Scored {
  data::CocoGroundTruth truth;
  std::vector<data::CocoObject> labels;
};

// Pictures of `more` under numbers of their own.
void append(Scored& all, const Scored& more) {
  const std::int64_t offset = all.truth.image_ids.empty() ? 0 : all.truth.image_ids.back() + 1;
  for (const std::int64_t id : more.truth.image_ids) {
    all.truth.image_ids.push_back(id + offset);
    all.truth.sizes[id + offset] = more.truth.sizes.at(id);
  }
  for (data::CocoObject object : more.truth.objects) {
    object.image_id += offset;
    all.truth.objects.push_back(std::move(object));
  }
  for (data::CocoObject label : more.labels) {
    label.image_id += offset;
    all.labels.push_back(std::move(label));
  }
}

Scored read_labels(const data::CocoGroundTruth& truth, const fs::path& file) {
  return {truth, data::read_coco_detections(file, truth, true)};
}

Json scores_of(const Scored& scored, evaluate::CocoShape shape) {
  return evaluate::label_scores_json(
      evaluate::label_scores(scored.truth, scored.labels, score_options(shape)));
}

}  // namespace

void write_labels(const fs::path& file, const Labels& all) {
  std::vector<data::CocoObject> objects;
  for (const auto& [image, labels] : all) {
    for (const label::ObjectLabel& label : labels) {
      objects.push_back(label::coco_object(label, image, 1));
    }
  }
  data::write_coco_results(file, objects);
}

Json score_labels(const data::CocoGroundTruth& truth, const fs::path& labels) {
  const Scored scored = read_labels(truth, labels);
  return {{"masks", scores_of(scored, evaluate::CocoShape::kMask)},
          {"boxes", scores_of(scored, evaluate::CocoShape::kBox)}};
}

void label_by_attention(const core::Config& config, const fs::path& scenes, const fs::path& to,
                        std::int64_t seed, const Looking& looking) {
  const std::unique_ptr<runner::DiffusionModel> model =
      load_for_looking(looking.model, looking.embedding, looking.device);
  label::PictureAttention attention(model->networks, *model->prompts, model->scheduler,
                                    attention_options(config, seed, looking.brief));
  const ScenePart part = read_part(scenes);
  const auto batch = static_cast<std::size_t>(config.get_int("attention.batch_size"));
  core::Progress progress("looking", static_cast<std::int64_t>(part.pictures.size()), "img");
  core::make_directories(to / "maps");
  using Recipes = std::vector<std::pair<const char*, label::MapRecipe>>;
  const Recipes recipes = looking.brief ? Recipes{{kBrief, label::MapRecipe::kFixed}}
                                        : Recipes{{kPublished, label::MapRecipe::kPublished},
                                                  {kFixed, label::MapRecipe::kFixed}};
  std::map<std::string, Labels> labels;
  for (std::size_t first = 0; first < part.pictures.size(); first += batch) {
    std::vector<label::AttendedPicture> questions;
    const std::size_t end = std::min(first + batch, part.pictures.size());
    for (std::size_t i = first; i < end; ++i) {
      const ScenePicture& picture = part.pictures[i];
      const data::RgbImage pixels = data::read_image(picture.file);
      label::AttendedPicture question;
      question.pixels = runner::image_tensor(pixels, {pixels.width, pixels.height});
      if (looking.brief) {
        ask_briefly(config, picture.name, question);
      } else {
        question.prompt = looking.prompt.empty() ? picture.caption : looking.prompt;
        question.words = {{0, looking.word.empty() ? picture.word : looking.word}};
      }
      question.number = static_cast<std::uint64_t>(picture.image_id);
      questions.push_back(std::move(question));
    }
    const std::vector<std::vector<label::WordMap>> maps = attention.look(questions);
    for (std::size_t i = first; i < end; ++i) {
      const std::int64_t id = part.pictures[i].image_id;
      const std::vector<label::WordMap>& own = maps[i - first];
      for (const auto& [method, recipe] : recipes) {
        labels[method].emplace_back(id, label::labels_of_maps(own, recipe));
      }
      core::write_file_atomic(to / "maps" / fmt::format("{}.png", id),
                              data::encode_png(own.front().map));
    }
    progress.add(static_cast<std::int64_t>(end - first));
    core::stop_point();
  }
  for (const auto& [method, all] : labels) write_labels(to / fmt::format("{}.json", method), all);
}

std::string add_attention_labels(core::RunContext& run, core::StageGraph& graph,
                                 const std::string& set, std::int64_t seed, bool brief) {
  const core::Config& config = run.config();
  const runner::ModelFiles model = diffusion_model(run);
  const std::string scenes = scenes_stage(set, seed);
  const std::vector<std::string> parts = parts_of(config, set);
  if (brief) {  // a mistake in the prompt is found before anything runs
    label::AttendedPicture question;
    ask_briefly(config, "object", question);
  }
  core::StageSpec spec;
  spec.name = labels_stage(set, brief ? kBrief : kFixed, seed);
  spec.kind = "attention-labels";
  spec.inputs = {scenes};
  spec.config = brief ? config.slice({"attention.", "brief."}) : config.slice({"attention."});
  spec.config["draw"] = seed;
  spec.digests["model"] = model.digest;
  const char* number = set == kCrowd    ? "scenes.crowd_images"
                       : set == kUnseen ? "scenes.unseen_images"
                                        : "scenes.images";
  spec.work = static_cast<double>(config.get_int(number) * config.get_int("attention.looks")) *
              static_cast<double>(parts.size());
  spec.seconds_per_work = 0.011;
  spec.pace = model_pace(config, "scenes.side");
  spec.body = [=, config = config, device = run.device()](core::StageContext& stage) {
    for (const std::string& part : parts) {
      label_by_attention(config, stage.input(scenes) / part, stage.dir() / part, seed,
                         {model.path, {}, "", "", device, brief});
    }
    return Json::object();
  };
  return graph.add(std::move(spec));
}

std::string add_segmenter_labels(core::RunContext& run, core::StageGraph& graph,
                                 const std::string& set, std::int64_t seed,
                                 const TeacherChoice& choice) {
  const core::Config& config = run.config();
  const std::string scenes = scenes_stage(set, seed);
  const std::vector<std::string> parts = parts_of(config, set);
  core::StageSpec spec;
  spec.name = labels_stage(set, kSegmenter, seed);
  spec.kind = "segmenter-labels";
  spec.inputs = {scenes};
  use_teacher(choice, spec);
  spec.config = config.slice({"segmenter.network", "segmenter.confidence"});
  spec.work = static_cast<double>(parts.size());
  spec.seconds_per_work = 1;
  spec.body = [=, config = config, device = run.device()](core::StageContext& stage) {
    const Teacher segmenter(choice, stage, config, device);
    for (const std::string& name : parts) {
      Labels all;
      for (const ScenePicture& picture : read_part(stage.input(scenes) / name).pictures) {
        all.emplace_back(picture.image_id, segmenter.labels(data::read_image(picture.file)));
        core::stop_point();
      }
      core::make_directories(stage.dir() / name);
      write_labels(stage.dir() / name / fmt::format("{}.json", kSegmenter), all);
    }
    return Json::object();
  };
  return graph.add(std::move(spec));
}

std::string add_scores(core::RunContext& run, core::StageGraph& graph, std::int64_t seed) {
  const core::Config& config = run.config();
  std::vector<std::string> used;
  for (const std::string& method : methods()) {
    if (!is_attention(method) || has_diffusion(config)) used.push_back(method);
  }
  core::StageSpec spec;
  spec.name = scores_stage(seed);
  spec.kind = "scores";
  spec.numeric = false;
  for (const std::string& set : scene_sets()) {
    spec.inputs.push_back(scenes_stage(set, seed));
    spec.inputs.push_back(labels_stage(set, kSegmenter, seed));
    if (!has_diffusion(config)) continue;
    spec.inputs.push_back(labels_stage(set, kFixed, seed));
    spec.inputs.push_back(labels_stage(set, kBrief, seed));
  }
  spec.config["methods"] = used;
  spec.work = 1;
  spec.seconds_per_work = 2;
  spec.body = [=, config = config](core::StageContext& stage) {
    Json summary = {{"sets", Json::object()}, {"all", Json::object()}};
    std::map<std::string, Scored> all;
    for (const std::string& set : scene_sets()) {
      for (const std::string& part : parts_of(config, set)) {
        const data::CocoGroundTruth truth =
            read_part(stage.input(scenes_stage(set, seed)) / part).truth;
        for (const std::string& method : used) {
          const fs::path file =
              stage.input(labels_stage(set, method, seed)) / part / fmt::format("{}.json", method);
          summary["sets"][set][part][method] = score_labels(truth, file);
          if (set != kUnseen) append(all[method], read_labels(truth, file));
        }
      }
    }
    for (const std::string& method : used) {
      summary["all"][method] = scores_of(all[method], evaluate::CocoShape::kMask);
    }
    return summary;
  };
  return graph.add(std::move(spec));
}

}  // namespace ersatz::diffugen
