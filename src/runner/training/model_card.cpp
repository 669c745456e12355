#include "runner/training/model_card.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/progress.h"
#include "runner/training/mini_sd_recipe.h"
#include "runner/training/mini_sd_stages.h"

namespace ersatz::runner {

namespace {

using core::Json;

std::string line(const std::string& name, const std::string& value) {
  return fmt::format("| {} | {} |\n", name, value);
}

std::string number(const Json& json, const char* key, const char* format) {
  if (!json.contains(key) || !json.at(key).is_number()) return "not measured";
  return fmt::format(fmt::runtime(format), json.at(key).get<double>());
}

std::string millions(const Json& json, const char* key) {
  return fmt::format("{:.2f} million", json.at(key).get<double>() / 1e6);
}

std::string data_section(const core::Config& recipe) {
  std::string kinds;
  double sum = 0;
  const Json all = recipe.slice({"data."});
  const auto is_kind = [](const std::string& key) {
    return key != "data.side" && key != "data.domain";
  };
  for (const auto& [key, share] : all.items()) {
    if (is_kind(key)) sum += share.get<double>();
  }
  for (const auto& [key, share] : all.items()) {
    if (!is_kind(key) || share.get<double>() <= 0) continue;
    std::string name = key.substr(5);
    std::replace(name.begin(), name.end(), '_', ' ');
    kinds += fmt::format("- {}: {:.0f} %\n", name, 100 * share.get<double>() / sum);
  }
  const bool from_model = !recipe.get_string("start.model").empty();
  std::string text = fmt::format(
      "## Data\n\n"
      "Pictures of {0}x{0} px drawn by the project's own painter (`src/data/scenes`, domain {1}), "
      "with captions that say what can be seen. No photograph took part, and no model of "
      "others.\n\n"
      "{2}\n",
      recipe.get_int("data.side"), recipe.get_float("data.domain"), kinds);
  const std::int64_t latents = recipe.get_int("latents.pictures");
  text += from_model ? fmt::format("{} pictures made the latents", latents)
                     : fmt::format("{} captions made the vocabulary, {} pictures the latents",
                                   recipe.get_int("vocabulary.captions"), latents);
  if (!recipe.get_string("vae.folder").empty()) {
    text += "; the autoencoder was taken from elsewhere";
  } else if (!from_model) {
    text += fmt::format("; the autoencoder saw {}",
                        recipe.get_int("vae.steps") * recipe.get_int("vae.batch_size"));
  }
  return text + ".\n\n";
}

// How the model that the training began with came about, as its own training.json tells.
std::string start_section(const ModelCardInput& input) {
  if (input.recipe->get_string("start.model").empty()) return "";
  std::string text =
      "## First training\n\n"
      "Weights, vocabulary and autoencoder come from a training before this one; `training.json` "
      "has "
      "their digests.";
  if (!input.provenance.contains("start")) return text + " No record of it was with them.\n\n";
  const Json& start = input.provenance.at("start");
  const Json& config = start.at("run").at("config");
  std::string command = fmt::format("ersatz train mini-sd --recipe {}",
                                    start.at("run").at("profile").get<std::string>());
  for (const Json& assignment : start.at("run").at("overrides")) {
    command += " -o " + assignment.get<std::string>();
  }
  const Json& stages = start.at("summaries");
  text += fmt::format(
      " Its autoencoder saw {} pictures (PSNR on held-out pictures {}), its networks {} steps of "
      "{} "
      "latents. `start` in the same file holds the rest. With commit {}:\n\n```\n{}\n```\n\n",
      config.at("vae.steps").get<std::int64_t>() * config.at("vae.batch_size").get<std::int64_t>(),
      number(stages.value(kAutoencoderStage, Json::object()), "psnr", "{:.2f} dB"),
      config.at("diffusion.steps").get<std::int64_t>(),
      config.at("diffusion.batch_size").get<std::int64_t>() *
          config.at("diffusion.accumulation").get<std::int64_t>(),
      start.at("ersatz").at("commit").get<std::string>().substr(0, 8), command);
  return text;
}

std::string networks_section(const ModelCardInput& input) {
  const Json& model = input.stages->summary(kModelStage);
  const Json& vocabulary = input.stages->summary(kVocabularyStage);
  return "## Networks\n\n| | |\n|---|---|\n" +
         line("UNet (UNet2DConditionModel)", millions(model, "unet_parameters")) +
         line("text encoder (CLIPTextModel)", millions(model, "text_encoder_parameters")) +
         line("autoencoder (AutoencoderKL)", millions(model, "vae_parameters")) +
         line("tokens (byte pairs, CLIP's format)", number(vocabulary, "tokens", "{:.0f}")) +
         line("files, float16", core::human_bytes(model.at("bytes").get<double>())) + "\n";
}

std::string measured_section(const ModelCardInput& input) {
  const Json& vae = input.stages->summary(kAutoencoderStage);
  const Json& diffusion = input.stages->summary(kDiffusionStage);
  std::string text = "## Measured while training\n\n| | |\n|---|---|\n";
  if (vae.contains("psnr")) {
    text += line("autoencoder, PSNR on held-out pictures", number(vae, "psnr", "{:.2f} dB"));
  }
  text += line("autoencoder, scaling factor", number(vae, "scaling_factor", "{:.4f}"));
  text += line("diffusion, samples seen", number(diffusion, "samples", "{:.0f}"));
  text +=
      line("diffusion, mean squared error of the last steps", number(diffusion, "loss", "{:.4f}"));
  for (const auto& [stage, seconds] : input.stage_seconds) {
    text += line(fmt::format("time, {}", stage), core::human_duration(seconds));
  }
  const Json& machine = input.provenance.at("machine");
  text += line("machine", fmt::format("{}, {} threads, {}", machine.at("cpu").get<std::string>(),
                                      machine.at("threads").get<int>(),
                                      machine.at("device").get<std::string>()));
  return text + "\n";
}

}  // namespace

std::string model_card(const ModelCardInput& input) {
  const core::Config& recipe = *input.recipe;
  const Json& build = input.provenance.at("ersatz");
  std::string text =
      "---\n"
      "license: apache-2.0\n"
      "library_name: diffusers\n"
      "pipeline_tag: text-to-image\n"
      "tags: [stable-diffusion, stable-diffusion-diffusers, text-to-image]\n"
      "---\n\n";
  text += fmt::format("# {}\n\n", recipe.title().empty() ? recipe.profile() : recipe.title());
  text += fmt::format(
      "A Stable Diffusion of its own at small scale: KL autoencoder, CLIP text encoder with a "
      "vocabulary of its own, UNet with cross-attention, classifier-free guidance; all trained "
      "from "
      "scratch. It stands in for published models where nothing may be downloaded and no GPU is at "
      "hand. It knows drawn scenes and nothing else: results made with it say nothing about "
      "photographs.\n\n"
      "```\n"
      "ersatz generate txt2img --model <this folder> --prompt \"{}\" --steps 25 --out pictures\n"
      "```\n\n",
      recipe.get_strings("samples.prompts").front());
  text += data_section(recipe) + start_section(input) + networks_section(input) +
          measured_section(input);
  text += "## Recipe\n\n`recipe.resolved.toml` holds every setting.\n";
  const auto& overrides = recipe.overrides();
  std::string command = fmt::format("ersatz train mini-sd --recipe {}", recipe.profile());
  for (const std::string& assignment : overrides) command += " -o " + assignment;
  text += fmt::format("\n```\n{}\n```\n\n", command);
  text += fmt::format(
      "## Provenance\n\nErsatz {}, commit {}{}. `training.json` holds libraries, machine, digests "
      "of "
      "the stages and costs.\n\n",
      build.at("version").get<std::string>(), build.at("commit").get<std::string>(),
      build.at("uncommitted").get<std::string>().empty() ? "" : " with uncommitted changes");
  text +=
      "## Licence\n\nApache License 2.0, as the project. The weights were made by its code from "
      "pictures it drew.\n";
  return text;
}

}  // namespace ersatz::runner
