#include "models/diffusion/clip_text_config.h"

#include <fmt/format.h>

#include "models/diffusion/config_reader.h"

namespace ersatz::models {

namespace {

constexpr std::int64_t kMostVocabulary = 1'000'000;
constexpr std::int64_t kMostUnits = 65536;

}  // namespace

ClipTextConfig parse_clip_text_config(const core::Json& json, const std::filesystem::path& file) {
  ConfigReader reader(json, file);
  // Absent keys: the defaults of transformers' CLIPTextConfig, not those of Stable Diffusion.
  ClipTextConfig config;
  config.vocabulary = reader.integer("vocab_size", 49408, 1, kMostVocabulary);
  config.hidden = reader.integer("hidden_size", 512, 1, kMostUnits);
  config.intermediate = reader.integer("intermediate_size", 2048, 1, kMostUnits);
  config.layers = reader.integer("num_hidden_layers", 12, 1, 256);
  config.heads = reader.integer("num_attention_heads", 8, 1, kMostUnits);
  config.positions = reader.integer("max_position_embeddings", 77, 1, kMostUnits);
  config.norm_epsilon = reader.number("layer_norm_eps", 1e-5, 0, 1);
  const std::string activation = reader.text("hidden_act", "quick_gelu");
  if (activation != "quick_gelu" && activation != "gelu") {
    reader.refuse("hidden_act", activation, "not supported, only quick_gelu and gelu");
  }
  config.activation = activation == "gelu" ? ClipActivation::kGelu : ClipActivation::kQuickGelu;
  reader.only("model_type", "clip_text_model");
  reader.only("attention_dropout", 0);
  reader.only("dropout", 0);
  reader.only("is_decoder", false);
  reader.only("add_cross_attention", false);
  reader.only("quantization_config", nullptr);
  // Of transformers' own bookkeeping, and of the projection that a CLIPTextModel does not have.
  reader.ignore({"architectures", "attn_implementation", "bos_token_id", "dtype", "eos_token_id",
                 "gradient_checkpointing", "initializer_factor", "initializer_range",
                 "output_attentions", "output_hidden_states", "pad_token_id", "projection_dim",
                 "return_dict", "tie_word_embeddings", "torch_dtype", "torchscript",
                 "transformers_version", "use_cache"});
  reader.finish();
  if (config.hidden % config.heads != 0 || config.hidden / config.heads > 512) {
    reader.refuse(fmt::format(
        "num_attention_heads = {} for hidden_size = {}: heads must divide the units and leave at "
        "most 512 for each",
        config.heads, config.hidden));
  }
  return config;
}

core::Json clip_text_config_json(const ClipTextConfig& config) {
  core::Json json;
  json["architectures"] = {"CLIPTextModel"};
  json["attention_dropout"] = 0.0;
  json["bos_token_id"] = 0;
  json["eos_token_id"] = 2;
  json["hidden_act"] = config.activation == ClipActivation::kGelu ? "gelu" : "quick_gelu";
  json["hidden_size"] = config.hidden;
  json["intermediate_size"] = config.intermediate;
  json["layer_norm_eps"] = config.norm_epsilon;
  json["max_position_embeddings"] = config.positions;
  json["model_type"] = "clip_text_model";
  json["num_attention_heads"] = config.heads;
  json["num_hidden_layers"] = config.layers;
  json["pad_token_id"] = 1;
  json["projection_dim"] = config.hidden;
  json["vocab_size"] = config.vocabulary;
  return json;
}

}  // namespace ersatz::models
