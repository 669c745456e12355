#include "model.h"

#include <fmt/format.h>

#include "core/digest.h"
#include "core/project.h"

namespace ersatz::diffugen {

namespace fs = std::filesystem;

bool has_diffusion(const core::Config& config) {
  return !config.get_string("diffusion.model").empty();
}

runner::ModelFiles diffusion_model(core::RunContext& run) {
  return runner::run_model(run, run.config().get_string("diffusion.model"));
}

runner::ModelFiles inpainting_model(core::RunContext& run) {
  const std::string& name = run.config().get_string("diffusion.inpaint_model");
  return name.empty() ? diffusion_model(run) : runner::run_model(run, name);
}

Configuration configuration(core::RunContext& run) {
  const std::string& name = run.config().get_string("diffusion.configuration");
  const fs::path own = core::Project::get().experiments() / "diffugen" / name;
  for (const fs::path& file : {own, fs::path(name)}) {
    if (fs::is_regular_file(file)) return {file, core::sha256_file(file)};
  }
  const core::DatasetHandle& dataset = run.dataset(name);
  return {dataset.folder / "cars.json", dataset.digest};
}

std::string model_pace(const core::Config& config, const char* side) {
  return fmt::format("{}, {} px", config.get_string("diffusion.model"), config.get_int(side));
}

std::unique_ptr<runner::DiffusionModel> load_for_looking(const fs::path& model,
                                                         const fs::path& embedding,
                                                         const std::string& device) {
  runner::GenerateOptions options;
  options.model = model.string();
  options.device = device;
  runner::GenerateRequest request;
  if (!embedding.empty()) request.embeddings = {{embedding, ""}};
  return std::make_unique<runner::DiffusionModel>(
      runner::load_model(options, request, runner::load_model_tokenizer(options)));
}

}  // namespace ersatz::diffugen
