#include "dataset.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/file_system.h"
#include "generate/diffugen/config.h"
#include "generate/diffugen/task_items.h"
#include "model.h"
#include "names.h"
#include "runner/diffugen/diffugen_run.h"

namespace ersatz::diffugen {
namespace {

namespace fs = std::filesystem;
using core::Json;

// Steps of sampling that all pictures of the tasks take together, at most.
double planned(const fs::path& file, std::int64_t limit, std::int64_t steps) {
  const generate::DiffuGenConfig config = generate::load_diffugen_config(file);
  const std::vector<generate::DiffuGenItem> first = generate::text_to_image_items(config);
  double all = 0;
  const auto add = [&](std::size_t items) {
    const auto count = static_cast<double>(items);
    all += limit > 0 ? std::min(count, static_cast<double>(limit)) : count;
  };
  add(first.size());
  if (config.img2img) add(generate::image_to_image_items(*config.img2img, first).size());
  if (config.inpaint) add(generate::inpainting_items(*config.inpaint, first).size());
  return all * static_cast<double>(steps > 0 ? steps : config.steps);
}

}  // namespace

std::string add_dataset(core::RunContext& run, core::StageGraph& graph) {
  const core::Config& config = run.config();
  const Configuration configuration = diffugen::configuration(run);
  const runner::ModelFiles model = diffusion_model(run), inpainting = inpainting_model(run);
  core::StageSpec spec;
  spec.name = kDataset;
  spec.kind = "dataset";
  spec.config = config.slice({"diffusion.guidance", "diffusion.batch_size", "diffusion.limit",
                              "diffusion.steps", "diffusion.size"});
  spec.digests = {{"configuration", configuration.digest},
                  {"model", model.digest},
                  {"inpaint_model", inpainting.digest}};
  const auto steps = config.get_int("diffusion.steps");
  const auto limit = config.get_int("diffusion.limit");
  // A manifest's file need not be here for a plan: its cost is not known then.
  spec.work = fs::exists(configuration.file) ? planned(configuration.file, limit, steps) : 0;
  spec.seconds_per_work = 0.02;
  spec.pace = model_pace(config, "diffusion.size");
  spec.body = [=, config = config, device = run.device()](core::StageContext& stage) {
    runner::DiffuGenCommand options;
    options.config = configuration.file.string();
    options.model = model.path.string();
    options.inpaint_model = inpainting.path.string();
    options.labels = "attention";
    options.recipe = kFixed;
    options.steps = steps;
    options.guidance = config.get_float("diffusion.guidance");
    options.batch = config.get_int("diffusion.batch_size");
    options.limit = limit;
    const auto size = config.get_int("diffusion.size");
    if (size > 0) options.size = fmt::format("{0}x{0}", size);
    options.device = device;
    options.quiet = true;
    // Kept when the run is interrupted, and continued.
    const fs::path made = stage.checkpoint_dir() / "made";
    options.out = made.string();
    runner::run_diffugen(options);
    const std::string name = generate::load_diffugen_config(configuration.file).dataset_name;
    stage.keep(made / name, "dataset");
    Json summary = Json::object();
    for (const std::string& task : tasks()) {
      const fs::path counts = stage.dir() / "dataset" / task / "dataset.json";
      if (fs::exists(counts)) summary[task] = core::read_json(counts);
    }
    return summary;
  };
  return graph.add(std::move(spec));
}

std::vector<GeneratedPicture> pictures_of(const fs::path& dataset, const std::string& task) {
  const fs::path folder = dataset / task, labels = folder / "labels";
  std::vector<GeneratedPicture> pictures;
  if (!fs::is_directory(labels)) return pictures;
  for (const auto& entry : fs::recursive_directory_iterator(labels)) {
    if (!entry.is_regular_file() || entry.path().extension() != ".json") continue;
    const fs::path stem = entry.path().lexically_relative(labels).replace_extension();
    fs::path picture = folder / "images" / (stem.string() + ".png");
    if (!fs::exists(picture)) picture.replace_extension(".jpg");
    pictures.push_back({stem.generic_string(), picture,
                        folder / "attentions" / (stem.string() + ".png"),
                        label::read_diffugen_labels(entry.path()).details});
  }
  std::sort(pictures.begin(), pictures.end(),
            [](const GeneratedPicture& a, const GeneratedPicture& b) { return a.stem < b.stem; });
  return pictures;
}

}  // namespace ersatz::diffugen
