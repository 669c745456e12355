#include "runner/diffusion/recipe.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "core/build_info.h"
#include "core/digest.h"

namespace ersatz::runner {
namespace {

using core::Json;
using generate::SchedulerConfig;
using generate::Solver;

const char* solver_name(Solver solver) {
  switch (solver) {
    case Solver::kPndm:
      return "pndm";
    case Solver::kDdim:
      return "ddim";
    case Solver::kDdpm:
      return "ddpm";
    case Solver::kLms:
      return "lms";
    case Solver::kEuler:
      return "euler";
    case Solver::kEulerAncestral:
      return "euler_a";
    case Solver::kHeun:
      return "heun";
    case Solver::kDpmSolverMultistep:
      return "dpm_multistep";
    case Solver::kUniPc:
      return "unipc";
  }
  return "";
}

const char* betas_name(generate::BetaSchedule betas) {
  switch (betas) {
    case generate::BetaSchedule::kLinear:
      return "linear";
    case generate::BetaSchedule::kScaledLinear:
      return "scaled_linear";
    case generate::BetaSchedule::kSquaredCosine:
      return "squaredcos_cap_v2";
  }
  return "";
}

const char* spacing_name(generate::TimestepSpacing spacing) {
  switch (spacing) {
    case generate::TimestepSpacing::kLeading:
      return "leading";
    case generate::TimestepSpacing::kLinspace:
      return "linspace";
    case generate::TimestepSpacing::kTrailing:
      return "trailing";
  }
  return "";
}

const char* prediction_name(generate::Prediction prediction) {
  switch (prediction) {
    case generate::Prediction::kEpsilon:
      return "epsilon";
    case generate::Prediction::kVelocity:
      return "v_prediction";
    case generate::Prediction::kSample:
      return "sample";
  }
  return "";
}

// Only what plays a part for that solver: a recipe should read well.
Json scheduler_json(const SchedulerConfig& config) {
  Json json = {{"solver", solver_name(config.solver)},
               {"train_timesteps", config.train_timesteps},
               {"beta_schedule", betas_name(config.betas)},
               {"beta_start", config.beta_start},
               {"beta_end", config.beta_end},
               {"prediction", prediction_name(config.prediction)},
               {"spacing", spacing_name(config.spacing)},
               {"steps_offset", config.steps_offset}};
  const Solver solver = config.solver;
  if (config.zero_terminal_snr) json["zero_terminal_snr"] = true;
  if (config.karras_sigmas) json["karras_sigmas"] = true;
  if (config.log_linear_sigmas) json["log_linear_sigmas"] = true;
  if (solver == Solver::kPndm) json["skip_prk_steps"] = config.skip_prk_steps;
  if (solver == Solver::kPndm || solver == Solver::kDdim) {
    json["set_alpha_to_one"] = config.set_alpha_to_one;
  }
  const bool clips = solver == Solver::kDdim || solver == Solver::kDdpm || solver == Solver::kHeun;
  if (clips && config.clip_sample) {
    json["clip_sample_range"] = config.clip_sample_range;
  }
  if (solver == Solver::kDdim) json["eta"] = config.eta;
  if (solver == Solver::kDdpm) json["variance"] = config.variance;
  if (solver == Solver::kDpmSolverMultistep) json["algorithm"] = config.algorithm;
  if (solver == Solver::kDpmSolverMultistep || solver == Solver::kUniPc) {
    json["order"] = config.order;
    json["solver_type"] = config.solver_type;
    json["lower_order_final"] = config.lower_order_final;
  }
  return json;
}

Json file_json(const std::filesystem::path& file) {
  return {{"file", file.filename().string()}, {"sha256", core::sha256_file(file)}};
}

// A tokenizer's file, or the files in its folder that say how prompts are read.
Json tokenizer_json(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return file_json(path);
  Json files = Json::array();
  for (const char* name : {"vocab.json", "merges.txt", "added_tokens.json", "tokenizer_config.json",
                           "special_tokens_map.json"}) {
    if (std::filesystem::exists(path / name)) files.push_back(file_json(path / name));
  }
  return files;
}

// The name under which users of other programs know the sampler.
std::string a1111_sampler(const Json& scheduler) {
  const std::string solver = scheduler.value("solver", "");
  std::string name = solver;
  if (solver == "pndm") name = "PLMS";
  if (solver == "ddim") name = "DDIM";
  if (solver == "ddpm") name = "DDPM";
  if (solver == "lms") name = "LMS";
  if (solver == "euler") name = "Euler";
  if (solver == "euler_a") name = "Euler a";
  if (solver == "heun") name = "Heun";
  if (solver == "unipc") name = "UniPC";
  if (solver == "dpm_multistep") {
    const bool plus = scheduler.value("algorithm", "").find("++") != std::string::npos;
    name = fmt::format("DPM{} {}M", plus ? "++" : "", scheduler.value("order", 2));
  }
  return scheduler.value("karras_sigmas", false) ? name + " Karras" : name;
}

// Values with a separator in them are quoted as JSON strings.
std::string a1111_value(const std::string& value) {
  return value.find_first_of(",:\n") == std::string::npos ? value : Json(value).dump();
}

}  // namespace

Json run_recipe(const RecipeInput& input) {
  const GenerateOptions& options = input.options;
  Json recipe = {{"mode", generate_mode_name(input.request.mode)},
                 {"width", input.size.width},
                 {"height", input.size.height},
                 {"steps", options.steps},
                 {"guidance", options.guidance}};
  if (options.guidance_rescale > 0) recipe["guidance_rescale"] = options.guidance_rescale;
  recipe["scheduler"] = scheduler_json(input.scheduler);
  if (input.request.image) {
    recipe["image"] = file_json(options.image);
    recipe["strength"] = input.request.strength;
  }
  if (input.request.mask) {
    recipe["mask"] = file_json(options.mask);
    recipe["inpaint"] = options.inpaint;
  }
  if (options.prompt_weights != "off") recipe["prompt_weights"] = options.prompt_weights;
  if (options.clip_skip > 0) recipe["clip_skip"] = options.clip_skip;
  for (const EmbeddingFile& embedding : input.request.embeddings) {
    Json entry = file_json(embedding.file);
    if (!embedding.token.empty()) entry["token"] = embedding.token;
    recipe["embeddings"].push_back(entry);
  }
  for (const LoraFile& lora : input.request.loras) {
    Json entry = file_json(lora.file);
    entry["scale"] = lora.scale;
    recipe["loras"].push_back(entry);
  }
  if (!options.init_latents.empty()) recipe["init_latents"] = file_json(options.init_latents);
  if (!options.noise.empty()) recipe["noise"] = file_json(options.noise);
  if (!options.tokenizer.empty()) recipe["tokenizer"] = tokenizer_json(options.tokenizer);
  if (options.tiled_decode) recipe["tiled_decode"] = true;
  recipe["dtype"] = input.compute_type;
  recipe["weights_dtype"] = input.weights_type;
  return recipe;
}

Json image_recipe(const Json& run, const ModelDigest& model, const ImageTask& task) {
  Json recipe = {{"prompt", task.prompt}, {"negative", task.negative}, {"seed", task.seed}};
  recipe.update(run);
  recipe["model"] = {{"name", model.name}, {"sha256", model.digest}};
  return recipe;
}

std::vector<std::string> recipe_differences(const Json& a, const Json& b) {
  return core::differing_keys(a, b);
}

std::string a1111_parameters(const Json& recipe) {
  std::string text = recipe.at("prompt").get<std::string>() + "\n";
  const auto negative = recipe.at("negative").get<std::string>();
  if (!negative.empty()) text += "Negative prompt: " + negative + "\n";
  std::vector<std::string> parts = {
      fmt::format("Steps: {}", recipe.at("steps").get<std::int64_t>()),
      "Sampler: " + a1111_sampler(recipe.at("scheduler")),
      fmt::format("CFG scale: {}", recipe.at("guidance").get<double>()),
      fmt::format("Seed: {}", recipe.at("seed").get<std::uint64_t>()),
      fmt::format("Size: {}x{}", recipe.at("width").get<int>(), recipe.at("height").get<int>())};
  const Json& model = recipe.at("model");
  // Ten digits, as that program abbreviates.
  parts.push_back("Model hash: " + model.at("sha256").get<std::string>().substr(0, 10));
  parts.push_back("Model: " + a1111_value(model.at("name").get<std::string>()));
  if (recipe.contains("strength")) {
    parts.push_back(fmt::format("Denoising strength: {}", recipe.at("strength").get<double>()));
  }
  if (recipe.contains("clip_skip")) {
    // There, 1 is the last layer and 2 leaves one out.
    parts.push_back(fmt::format("Clip skip: {}", recipe.at("clip_skip").get<int>() + 1));
  }
  parts.push_back("Version: ersatz " + core::build_info().version);
  return text + fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace ersatz::runner
