#include "runner/diffugen/task_recipe.h"

#include "core/digest.h"
#include "generate/diffugen/expansion.h"
#include "runner/diffusion/recipe.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Json;
using generate::DiffuGenTask;

// The lists that the pictures are combinations of.
void add_lists(const DiffuGenRequest& request, DiffuGenTask task, Json& recipe) {
  const generate::DiffuGenConfig& config = request.config;
  if (task == DiffuGenTask::kTextToImage) {
    const generate::DiffuGenTextToImage& own = *config.txt2img;
    recipe["prompts"] = own.templates;
    recipe["object_names"] = own.objects;
    recipe["view_points"] = own.views;
    recipe["times_of_day"] = own.times;
    recipe["sky_conditions"] = own.skies;
    recipe["weather_conditions"] = own.weathers;
    recipe["seed_range"] = {{"min", own.seeds.low}, {"max", own.seeds.high}};
    recipe["seed_count_per_prompt"] = own.seeds_per_prompt;
    recipe["images_per_shard"] = config.images_per_shard;
  } else if (task == DiffuGenTask::kImageToImage) {
    recipe["times_of_day"] = config.img2img->times;
    recipe["sky_conditions"] = config.img2img->skies;
    recipe["weather_conditions"] = config.img2img->weathers;
  } else {
    recipe["replacements"] = Json::object();
    for (const auto& [object, names] : config.inpaint->replacements) {
      recipe["replacements"][object] = names;
    }
  }
}

Json words_json(const DiffuGenRequest& request) {
  Json words = Json::array();
  for (const LabelWord& word : request.words) {
    words.push_back({{"word", word.word}, {"class_id", word.class_index}});
  }
  return words;
}

}  // namespace

std::string negative_prompt(const DiffuGenRequest& request) {
  return request.config.txt2img ? request.config.txt2img->negative_prompt : std::string();
}

Json task_recipe(const TaskSetting& setting) {
  const DiffuGenRequest& request = setting.request;
  const DiffuGenTask task = setting.task.task;
  Json recipe = {{"format", 1}, {"dataset", request.config.dataset_name}};
  GenerateOptions options;
  options.steps = request.steps;
  options.guidance = setting.options.guidance;
  options.prompt_weights = setting.options.prompt_weights;
  options.tokenizer = setting.options.tokenizer;
  GenerateRequest generated;
  generated.mode = task == DiffuGenTask::kTextToImage    ? GenerateMode::kTextToImage
                   : task == DiffuGenTask::kImageToImage ? GenerateMode::kImageToImage
                                                         : GenerateMode::kInpaint;
  if (request.embedding) generated.embeddings = {*request.embedding};
  recipe.update(run_recipe({options, generated, request.size, setting.model.scheduler,
                            setting.model.compute_type, setting.model.weights_type}));
  if (task != DiffuGenTask::kTextToImage) {
    recipe["strength"] = setting.task.strength;
    // Pictures name their sources with digests; this is where they came from.
    const fs::path source = setting.task.source / "recipe.json";
    recipe["source"] = {{"task", setting.task.source.filename().string()}};
    if (fs::exists(source)) recipe["source"]["recipe_sha256"] = core::sha256_file(source);
  }
  if (setting.options.batch > 1) recipe["batch"] = setting.options.batch;
  recipe["negative_prompt"] = negative_prompt(request);
  add_lists(request, task, recipe);
  recipe["image_format"] = request.config.image_format;
  recipe["labels"] = setting.labeller.method();
  const Json labelling = setting.labeller.settings();
  if (!labelling.empty()) recipe["labelling"] = labelling;
  recipe["words"] = words_json(request);
  recipe["classes"] = request.classes;
  recipe["model"] = {{"name", setting.digest.name}, {"sha256", setting.digest.digest}};
  return recipe;
}

std::string model_record_file(DiffuGenTask task) {
  return task == DiffuGenTask::kTextToImage ? "sd_model_info.json"
                                            : "stable_diffusion_model_info.json";
}

Json model_record(const TaskSetting& setting) {
  const std::string& type = setting.model.compute_type;
  Json record = {{"model", setting.digest.name},
                 {"torch_dtype", type == "fp16"   ? "torch.float16"
                                 : type == "bf16" ? "torch.bfloat16"
                                                  : "torch.float32"}};
  if (setting.task.task != DiffuGenTask::kTextToImage) return record;
  record["initial_seed"] = generate::kDiffuGenInitialSeed;
  if (setting.request.embedding) {
    record["load_textual_inversion"] = setting.request.embedding->file.filename().string();
  }
  return record;
}

}  // namespace ersatz::runner
