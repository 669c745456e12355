#include "generated.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "core/file_system.h"
#include "generate/copy_paste/dataset.h"
#include "runner/diffusion/generate_run.h"
#include "runner/diffusion/run_model.h"
#include "samples.h"
#include "sets.h"

namespace ersatz::fruit {
namespace {

namespace fs = std::filesystem;
using core::Json;

std::string plural(const std::string& fruit) {
  if (fruit.back() == 'h' || fruit.back() == 'o') return fruit + "es";
  return fruit + "s";
}

std::string prompt_for(const std::string& pattern, const std::string& fruit) {
  std::string prompt = pattern;
  const auto replace = [&](std::string_view place, const std::string& word) {
    for (std::size_t at = 0; (at = prompt.find(place, at)) != std::string::npos;
         at += word.size()) {
      prompt.replace(at, place.size(), word);
    }
  };
  replace("{fruits}", plural(fruit));
  replace("{fruit}", fruit);
  return prompt;
}

}  // namespace

std::string add_copy_paste(core::RunContext& run, core::StageGraph& graph, std::int64_t draw,
                           const std::string& backgrounds) {
  const core::Config& config = run.config();
  const std::string cut_outs = few_shot_stage(draw);
  core::StageSpec spec;
  spec.name = copy_paste_stage(draw);
  spec.kind = "copy-paste";
  spec.numeric = false;
  spec.config = config.slice({"copy_paste.", "data.classes", "seed"});
  spec.config["draw"] = draw;
  spec.inputs = {cut_outs};
  fs::path folder;
  if (backgrounds.empty()) {
    const std::string id = config.get_string("data.backgrounds");
    const core::DatasetHandle& dataset = run.dataset(id);
    spec.digests[id] = dataset.digest;
    folder = dataset.folder;
  } else {
    spec.inputs.push_back(backgrounds);
  }
  generate::CutOutChoice choice;
  choice.classes = config.get_strings("data.classes");
  generate::CopyPasteOptions options;
  options.mode = generate::parse_copy_paste_mode(config.get_string("copy_paste.mode"));
  options.seed = static_cast<std::uint64_t>(config.get_int("seed") + draw);
  generate::CopyPasteDatasetOptions output;
  output.per_class = config.get_int("copy_paste.images");
  spec.work = static_cast<double>(output.per_class) * static_cast<double>(choice.classes.size());
  spec.seconds_per_work = 5e-3;
  spec.body = [=](core::StageContext& stage) {
    const std::shared_ptr<const generate::Backgrounds> pictures =
        generate::open_backgrounds(backgrounds.empty() ? folder : stage.input(backgrounds));
    const generate::CopyPaste source(
        generate::load_cut_outs(stage.input(cut_outs) / "cutouts", choice), pictures, options);
    // Kept when the run is interrupted, and continued.
    const fs::path made = stage.checkpoint_dir() / "set";
    const generate::CopyPasteDatasetSummary summary =
        generate::write_copy_paste_dataset(source, made, output);
    for (const auto& entry : fs::directory_iterator(made)) {
      stage.keep(entry.path());
    }
    write_samples(stage.dir() / "samples.png", stage.dir() / "images", choice.classes);
    return Json{
        {"images", summary.images}, {"instances", summary.instances}, {"dropped", summary.dropped}};
  };
  return graph.add(std::move(spec));
}

DiffusionModelChoice diffusion_model(core::RunContext& run) {
  const runner::ModelFiles model =
      runner::run_model(run, run.config().get_string("diffusion.model"));
  return {model.path, model.digest};
}

std::string add_diffusion(core::RunContext& run, core::StageGraph& graph, std::int64_t draw,
                          const DiffusionModelChoice& model) {
  const core::Config& config = run.config();
  const auto classes = config.get_strings("data.classes");
  const auto images = config.get_int("diffusion.images");
  core::StageSpec spec;
  spec.name = diffusion_stage(draw);
  spec.kind = "diffusion";
  spec.config = config.slice({"diffusion.", "data.classes", "seed"});
  // Which files it was, not what they are called here.
  for (const char* key : {"diffusion.model", "diffusion.draws"}) spec.config.erase(key);
  spec.config["draw"] = draw;
  spec.digests["model"] = model.digest;
  spec.work = static_cast<double>(images * config.get_int("diffusion.steps")) *
              static_cast<double>(classes.size());
  spec.seconds_per_work = 0.04;
  spec.pace =
      fmt::format("{}, {} px, {}", model.digest, config.get_int("diffusion.size"), run.device());
  spec.body = [=, config = config, device = run.device()](core::StageContext& stage) {
    for (std::size_t label = 0; label < classes.size(); ++label) {
      runner::GenerateOptions options;
      options.mode = "txt2img";
      options.model = model.path.string();
      options.prompts = {prompt_for(config.get_string("diffusion.prompt"), classes[label])};
      if (const std::string& negative = config.get_string("diffusion.negative_prompt");
          !negative.empty()) {
        options.negatives = {negative};
      }
      options.scheduler = config.get_string("diffusion.scheduler");
      options.steps = config.get_int("diffusion.steps");
      options.guidance = config.get_float("diffusion.guidance");
      // Images are numbered within a call: without this, classes would share their noise.
      const auto calls = static_cast<std::int64_t>(classes.size());
      options.seed = static_cast<std::uint64_t>((config.get_int("seed") + draw) * calls +
                                                static_cast<std::int64_t>(label));
      options.count = images;
      options.batch = config.get_int("diffusion.batch_size");
      const auto size = config.get_int("diffusion.size");
      if (size > 0) options.size = fmt::format("{0}x{0}", size);
      options.device = device;
      options.out = (stage.checkpoint_dir() / classes[label]).string();
      options.quiet = true;
      runner::run_generate(options);
    }
    for (const std::string& fruit : classes) {
      stage.keep(stage.checkpoint_dir() / fruit, fs::path("images") / fruit);
    }
    write_samples(stage.dir() / "samples.png", stage.dir() / "images", classes);
    return Json{{"images", images * static_cast<std::int64_t>(classes.size())}};
  };
  return graph.add(std::move(spec));
}

}  // namespace ersatz::fruit
