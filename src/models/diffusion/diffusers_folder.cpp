// Loading a model from the folder layout of diffusers.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "core/error.h"
#include "models/diffusion/key_map.h"
#include "models/diffusion/model_loading.h"
#include "models/diffusion/parameter_match.h"
#include "models/diffusion/weight_files.h"

namespace ersatz::models {

using core::Error;
namespace fs = std::filesystem;

namespace {

// Refuses pipelines and parts that are something else than Stable Diffusion 1.x or 2.x.
void check_index(const fs::path& folder) {
  const fs::path file = folder / "model_index.json";
  const core::Json index = read_model_json(file);
  const auto text = [](const core::Json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
  };
  constexpr std::array<const char*, 4> kPipelines = {
      "StableDiffusionPipeline", "StableDiffusionImg2ImgPipeline", "StableDiffusionInpaintPipeline",
      "StableDiffusionInpaintPipelineLegacy"};
  const std::string pipeline = text(index.value("_class_name", core::Json("nothing")));
  bool known = false;
  for (const char* name : kPipelines) known = known || pipeline == name;
  if (!known) {
    throw Error::untrusted(
        file, fmt::format("is a {}: only Stable Diffusion 1.x and 2.x are supported", pipeline));
  }
  constexpr std::array<std::pair<const char*, const char*>, 3> kParts = {
      {{"unet", "UNet2DConditionModel"},
       {"vae", "AutoencoderKL"},
       {"text_encoder", "CLIPTextModel"}}};
  for (const auto& [part, wanted] : kParts) {
    const auto entry = index.find(part);
    const bool pair = entry != index.end() && entry->is_array() && entry->size() == 2;
    if (!pair || entry->at(1) != wanted) {
      throw Error::untrusted(file, fmt::format("the {} should be a {} and is {}", part, wanted,
                                               entry == index.end() ? "not there" : entry->dump()));
    }
  }
}

void load_part(StoredNetwork& network, const Weights& weights, const KeyMap& keys,
               const LoadOptions& options) {
  ParameterMatch match(weights);
  match.add(network, keys);
  // A buffer 0, 1, 2, ... that older versions of transformers saved.
  match.ignore("text_model.embeddings.position_ids");
  match.check();
  match.fill(matrix_placement(options), vector_placement(options));
  freeze(network);
}

}  // namespace

Architecture read_folder_architecture(const fs::path& folder, const LoadOptions& options) {
  Architecture result;
  const auto read = [&](const char* part, auto parse, auto& config) {
    const fs::path file = folder / part / "config.json";
    config = parse(read_model_json(file), file);
  };
  if (options.unet) read("unet", parse_unet_config, result.unet);
  if (options.autoencoder) read("vae", parse_autoencoder_config, result.autoencoder);
  if (options.text_encoder) read("text_encoder", parse_clip_text_config, result.text);
  result.scheduler = read_model_json(folder / "scheduler" / "scheduler_config.json");
  return result;
}

StableDiffusion load_diffusers_folder(const fs::path& folder, const LoadOptions& options) {
  check_index(folder);
  const Architecture shape = read_folder_architecture(folder, options);
  StableDiffusion model;
  model.scheduler = shape.scheduler;
  // All weight files are found and their headers checked before any network is filled.
  const auto open = [&](const char* part, const char* stem, const char* bin_stem) {
    return open_weight_files(find_weight_files(folder / part, stem, bin_stem, options.variant));
  };
  constexpr const char* kDiffusersStem = "diffusion_pytorch_model";
  Weights text, unet, autoencoder;
  if (options.text_encoder) text = open("text_encoder", "model", "pytorch_model");
  if (options.unet) unet = open("unet", kDiffusersStem, kDiffusersStem);
  if (options.autoencoder) autoencoder = open("vae", kDiffusersStem, kDiffusersStem);

  if (options.text_encoder) {
    model.text_encoder = make_clip_text(shape.text, folder / "text_encoder" / "config.json");
    load_part(*model.text_encoder, text, same_keys(parameter_names(*model.text_encoder)), options);
  }
  if (options.unet) {
    model.unet = make_unet(shape.unet, folder / "unet" / "config.json");
    load_part(*model.unet, unet, same_keys(parameter_names(*model.unet)), options);
  }
  if (options.autoencoder) {
    model.autoencoder = make_autoencoder(shape.autoencoder, folder / "vae" / "config.json");
    load_part(*model.autoencoder, autoencoder,
              autoencoder_folder_keys(parameter_names(*model.autoencoder), autoencoder.tensors),
              options);
  }
  if (fs::exists(folder / "tokenizer" / "vocab.json")) model.tokenizer = folder / "tokenizer";
  return model;
}

}  // namespace ersatz::models
