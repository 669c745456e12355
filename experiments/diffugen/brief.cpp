#include "brief.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/file_system.h"
#include "core/progress.h"
#include "core/signals.h"
#include "data/images/image_file.h"
#include "dataset.h"
#include "generated.h"
#include "generated_labels.h"
#include "label/dataset/formats.h"
#include "label/map_labels.h"
#include "model.h"
#include "names.h"
#include "runner/diffusion/image_tensors.h"

namespace ersatz::diffugen {
namespace {

using core::Json;

constexpr const char* kObject = "{object}";

// "a car", "an orange"
std::string one(const std::string& name) {
  const bool vowel = name.find_first_of("aeiou") == 0;
  return (vowel ? "an " : "a ") + name;
}

}  // namespace

label::PictureAttentionOptions attention_options(const core::Config& config, std::int64_t seed,
                                                 bool brief) {
  label::PictureAttentionOptions options;
  options.least_noise = config.get_float("attention.least_noise");
  options.most_noise = config.get_float("attention.most_noise");
  options.looks = config.get_int("attention.looks");
  options.seed = static_cast<std::uint64_t>(seed);
  options.maps.normalise = brief;
  return options;
}

void ask_briefly(const core::Config& config, const std::string& name,
                 label::AttendedPicture& question) {
  question.prompt = config.get_string("brief.prompt");
  const std::size_t place = question.prompt.find(kObject);
  if (place == std::string::npos) {
    throw core::Error::usage(fmt::format("brief.prompt: '{}' has no {}", question.prompt, kObject));
  }
  question.prompt.replace(place, std::string(kObject).size(), one(name));
  question.words = {{0, name}};
}

std::string add_generated_brief(core::RunContext& run, core::StageGraph& graph) {
  const core::Config& config = run.config();
  const runner::ModelFiles model = diffusion_model(run);
  core::StageSpec spec;
  spec.name = kGeneratedBrief;
  spec.kind = "generated-brief-labels";
  spec.inputs = {kDataset, kGenerated};
  spec.config = config.slice({"attention.", "brief."});
  spec.digests["model"] = model.digest;
  spec.work = static_cast<double>(config.get_int("attention.looks"));
  spec.seconds_per_work = 1;
  spec.pace = model_pace(config, "scenes.side");
  spec.body = [=, config = config, device = run.device()](core::StageContext& stage) {
    const std::unique_ptr<runner::DiffusionModel> networks =
        load_for_looking(model.path, {}, device);
    label::PictureAttention attention(networks->networks, *networks->prompts, networks->scheduler,
                                      attention_options(config, config.get_int("seed"), true));
    const auto batch = static_cast<std::size_t>(config.get_int("attention.batch_size"));
    Json summary = Json::object();
    for (const std::string& task : tasks()) {
      const std::vector<GeneratedPicture> pictures =
          pictures_of(stage.input(kDataset) / "dataset", task);
      if (pictures.empty()) continue;
      core::Progress progress("looking", static_cast<std::int64_t>(pictures.size()), "img");
      label::LabelledDataset found;
      found.classes = {"object"};
      for (std::size_t first = 0; first < pictures.size(); first += batch) {
        const std::size_t end = std::min(first + batch, pictures.size());
        std::vector<label::AttendedPicture> questions;
        std::vector<data::RgbImage> pixels;
        for (std::size_t i = first; i < end; ++i) {
          pixels.push_back(data::read_image(pictures[i].picture));
          label::AttendedPicture question;
          question.pixels =
              runner::image_tensor(pixels.back(), {pixels.back().width, pixels.back().height});
          question.number = i;
          ask_briefly(config, pictures[i].details.attributes.object_name, question);
          questions.push_back(std::move(question));
        }
        const std::vector<std::vector<label::WordMap>> maps = attention.look(questions);
        for (std::size_t i = first; i < end; ++i) {
          found.pictures.push_back(
              labelled(pictures[i], pixels[i - first],
                       label::labels_of_maps(maps[i - first], label::MapRecipe::kFixed)));
        }
        progress.add(static_cast<std::int64_t>(end - first));
        core::stop_point();
      }
      core::make_directories(stage.dir() / task);
      label::write_coco_dataset(found, stage.dir() / task / fmt::format("{}.json", kBrief));
      const label::LabelledDataset judged = with_objects(labels_of(stage, task, kSegmenter));
      if (!judged.pictures.empty()) summary[task] = compared(judged, found);
    }
    return summary;
  };
  return graph.add(std::move(spec));
}

}  // namespace ersatz::diffugen
