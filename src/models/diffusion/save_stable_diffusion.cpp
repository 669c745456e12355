#include "models/diffusion/save_stable_diffusion.h"

#include <fmt/format.h>
#include <torch/types.h>

#include "core/error.h"
#include "core/file_system.h"
#include "core/staged_folder.h"
#include "models/diffusion/autoencoder_folder.h"
#include "models/diffusion/byte_vocabulary.h"
#include "models/diffusion/key_map.h"
#include "models/diffusion/parameter_match.h"
#include "models/diffusion/saved_parameters.h"
#include "models/diffusion/single_file_config.h"

namespace ersatz::models {

using core::Error;
namespace fs = std::filesystem;

namespace {

void require_whole(const StableDiffusion& model) {
  if (!model.text_encoder || !model.unet || !model.autoencoder) {
    throw Error::usage("only a whole model can be saved: a network was not loaded");
  }
}

void refuse_existing(bool exists, const fs::path& path) {
  if (!exists) return;
  throw Error::usage(fmt::format("{} exists already", path.string()),
                     "choose another name, or delete it first");
}

core::Json model_index(const UNetConfig& unet) {
  core::Json index;
  index["_class_name"] = unet.in_channels == unet.out_channels ? "StableDiffusionPipeline"
                                                               : "StableDiffusionInpaintPipeline";
  index["_diffusers_version"] = "0.21.4";
  index["feature_extractor"] = {nullptr, nullptr};
  index["requires_safety_checker"] = false;
  index["safety_checker"] = {nullptr, nullptr};
  index["text_encoder"] = {"transformers", "CLIPTextModel"};
  index["tokenizer"] = {"transformers", "CLIPTokenizer"};
  index["unet"] = {"diffusers", "UNet2DConditionModel"};
  index["vae"] = {"diffusers", "AutoencoderKL"};
  return index;
}

void copy_tokenizer(const fs::path& from, const fs::path& to) {
  for (const char* name : {"vocab.json", "merges.txt", "added_tokens.json", "tokenizer_config.json",
                           "special_tokens_map.json"}) {
    if (fs::exists(from / name)) core::write_file_atomic(to / name, core::read_file(from / name));
  }
}

void write_folder(const StableDiffusion& model, const fs::path& folder,
                  const SaveOptions& options) {
  const std::map<std::string, std::string> metadata = {{"format", "pt"}};
  core::Json index = model_index(model.unet->config());
  index["scheduler"] = {"diffusers", model.scheduler.value("_class_name", "PNDMScheduler")};
  core::write_json(folder / "model_index.json", index);
  core::write_json(folder / "scheduler" / "scheduler_config.json", model.scheduler);
  core::write_json(folder / "text_encoder" / "config.json",
                   clip_text_config_json(model.text_encoder->config()));
  save_safetensors(folder / "text_encoder" / "model.safetensors",
                   saved_parameters(*model.text_encoder, options), metadata);
  core::write_json(folder / "unet" / "config.json", unet_config_json(model.unet->config()));
  save_safetensors(folder / "unet" / "diffusion_pytorch_model.safetensors",
                   saved_parameters(*model.unet, options), metadata);
  save_autoencoder(*model.autoencoder, model.autoencoder->config(), folder / "vae", options);
  if (!model.tokenizer.empty()) {
    copy_tokenizer(model.tokenizer, folder / "tokenizer");
  } else if (options.byte_tokenizer) {
    write_byte_vocabulary(folder / "tokenizer");
  }
}

}  // namespace

void save_stable_diffusion(const StableDiffusion& model, const fs::path& folder,
                           const SaveOptions& options) {
  require_whole(model);
  std::error_code ignored;
  refuse_existing(fs::exists(folder) && !fs::is_empty(folder, ignored), folder);
  // "model/" names the same folder as "model".
  const fs::path target = folder.has_filename() ? folder : folder.parent_path();
  core::StagedFolder staged(target);
  write_folder(model, staged.path(), options);
  staged.put_in_place();
}

void save_single_file(const StableDiffusion& model, const fs::path& file,
                      const SaveOptions& options) {
  require_whole(model);
  refuse_existing(fs::exists(file), file);
  Weights whole;
  whole.file = file;
  const auto add = [&](const StoredNetwork& module, const KeyMap& keys) {
    whole.tensors.merge(to_stored_names(keys, saved_parameters(module, options)));
  };
  add(*model.unet, unet_single_file_keys(model.unet->config(), parameter_names(*model.unet)));
  add(*model.autoencoder, autoencoder_single_file_keys(model.autoencoder->config(),
                                                       parameter_names(*model.autoencoder)));
  const auto text_names = parameter_names(*model.text_encoder);
  const bool open_clip = model.text_encoder->config().activation == ClipActivation::kGelu;
  add(*model.text_encoder,
      open_clip ? open_clip_single_file_keys(text_names) : clip_single_file_keys(text_names));
  const bool velocity = model.scheduler.value("prediction_type", "epsilon") == "v_prediction";
  whole.metadata = {{"format", "pt"}, {"modelspec.predict_key", velocity ? "v" : "epsilon"}};
  whole.metadata.merge(configuration_metadata(
      whole,
      {model.unet->config(), model.text_encoder->config(), model.autoencoder->config(), {}}));
  save_safetensors(file, whole.tensors, whole.metadata);
}

void convert_stable_diffusion(const fs::path& source, const fs::path& target, ModelLayout layout,
                              SaveOptions save, LoadOptions load) {
  load.as_stored = true;
  save.own_types = true;
  const StableDiffusion model = load_stable_diffusion(source, load);
  if (layout == ModelLayout::kDiffusers) {
    save_stable_diffusion(model, target, save);
  } else {
    save_single_file(model, target, save);
  }
}

}  // namespace ersatz::models
