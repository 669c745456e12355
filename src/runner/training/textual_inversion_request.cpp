#include "runner/training/textual_inversion_request.h"

#include <fmt/format.h>

#include <filesystem>

#include "compute/torch_device.h"
#include "core/error.h"
#include "core/log.h"
#include "generate/diffusion/tokenizer/clip_tokenizer.h"
#include "models/diffusion/model_loading.h"
#include "runner/diffusion/model_setup.h"
#include "runner/diffusion/named_choices.h"
#include "runner/diffusion/number_types.h"
#include "runner/diffusion/prompt_file.h"
#include "train/textual_inversion/placeholder.h"
#include "train/textual_inversion/prompt_templates.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Error;

constexpr int kUsualSide = 512, kMaxSide = 8192;  // px
constexpr std::int64_t kUsualFactor = 8, kUsualTokens = 77;

// What the model's configuration says, as far as it can be known before its weights are opened.
struct ModelShape {
  int side = kUsualSide;
  std::int64_t factor = kUsualFactor;  // pixels per latent
  std::int64_t tokens = kUsualTokens;  // of a prompt
};

ModelShape shape_of(const TextualInversionOptions& options) {
  const fs::path model = options.model;
  std::error_code ignored;
  if (!fs::exists(model, ignored)) {
    throw Error::missing(fmt::format("there is no model {}", options.model),
                         "a folder in diffusers' layout, or a .safetensors or .ckpt file");
  }
  ModelShape shape;
  if (!fs::exists(model / "model_index.json", ignored)) return shape;
  const models::Architecture architecture = models::read_folder_architecture(model, {});
  shape.factor = architecture.autoencoder.factor();
  shape.tokens = architecture.text.positions;
  if (architecture.unet.sample_size > 0) {
    shape.side = static_cast<int>(architecture.unet.sample_size * shape.factor);
  }
  return shape;
}

int checked_side(const TextualInversionOptions& options, const ModelShape& shape) {
  if (options.size == 0) return shape.side;
  const auto factor = static_cast<int>(shape.factor);
  if (options.size < factor || options.size > kMaxSide || options.size % factor != 0) {
    throw Error::usage(
        fmt::format("--size {}: the side of the pictures is a multiple of {} px, at most {}",
                    options.size, factor, kMaxSide));
  }
  return options.size;
}

std::vector<std::string> read_templates(const std::string& name) {
  if (name == "object") return train::object_templates();
  if (name == "style") return train::style_templates();
  std::error_code ignored;
  if (!fs::exists(name, ignored)) {
    throw Error::missing(fmt::format("there are no templates '{}'", name),
                         "object, style, or a file with a sentence on each line");
  }
  std::vector<std::string> templates = read_prompt_file(name);
  train::check_templates(templates, name);
  return templates;
}

train::TextualInversionTraining training_of(const TextualInversionOptions& options) {
  train::TextualInversionTraining training;
  training.token = options.token;
  training.initializer = options.initializer;
  training.vectors = options.vectors;
  training.templates = read_templates(options.templates);
  training.mirrored = !options.no_flip;
  training.steps = options.steps;
  training.batch_size = options.batch;
  training.accumulation = options.accumulation;
  choice("schedule", options.schedule, {"constant", "linear", "cosine"});
  training.learning_rate.kind = train::parse_schedule_kind(options.schedule);
  training.learning_rate.base = options.learning_rate;
  training.learning_rate.warmup_steps = options.warmup;
  training.scale_learning_rate = options.scale_learning_rate;
  training.optimiser.weight_decay = options.weight_decay;
  train::check(training);
  return training;
}

models::LoadOptions load_options(const TrainOptions& options) {
  const TextualInversionOptions& own = options.textual_inversion;
  models::LoadOptions load;
  choice("number type", own.dtype, {"auto", "fp32", "bf16"});
  load.device = compute::torch_device(options.device);
  load.compute_type = parse_number_type(own.dtype);
  if (!load.compute_type) {
    load.compute_type = load.device.is_cpu() ? c10::ScalarType::Float : c10::ScalarType::BFloat16;
  }
  load.variant = own.variant;
  load.prediction = own.prediction;
  if (!own.tokenizer.empty() && fs::is_directory(own.tokenizer)) load.tokenizer = own.tokenizer;
  return load;
}

void check_words(const TrainOptions& options) {
  const TextualInversionOptions& own = options.textual_inversion;
  require_device_name(options.device);
  if (!own.prediction.empty()) choice("--prediction", own.prediction, {"epsilon", "v_prediction"});
  require_text(own.token, "--token");
  require_text(own.initializer, "--initializer");
  require_text(own.validation_prompt, "--validation-prompt");
  if (!own.validation_prompt.empty() &&
      own.validation_prompt.find(own.token) == std::string::npos) {
    core::log_warning(fmt::format("--validation-prompt does not speak of {}", own.token));
  }
  std::error_code ignored;
  if (fs::exists(own.out, ignored) && !fs::is_directory(own.out, ignored)) {
    throw Error::usage(fmt::format("--out {} is a file, not a folder", own.out));
  }
}

}  // namespace

GenerateOptions model_options(const TextualInversionOptions& options) {
  GenerateOptions model;
  model.model = options.model;
  model.variant = options.variant;
  model.tokenizer = options.tokenizer;
  model.prediction = options.prediction;
  return model;
}

TextualInversionRequest check_textual_inversion(const TrainOptions& options) {
  const TextualInversionOptions& own = options.textual_inversion;
  check_words(options);
  TextualInversionRequest request;
  request.training = training_of(own);
  request.load = load_options(options);
  const ModelShape shape = shape_of(own);
  train::ConceptPreparation preparation;
  preparation.side = checked_side(own, shape);
  preparation.centre_crop = own.centre_crop;
  generate::ClipTokenizer tokenizer = load_model_tokenizer(model_options(own));
  const train::Placeholder placeholder =
      train::add_placeholder(tokenizer, own.token, own.initializer, own.vectors);
  train::placeholder_prompts(tokenizer, placeholder, request.training.templates, shape.tokens);
  request.images = train::load_concept_images(own.pictures, preparation);
  return request;
}

}  // namespace ersatz::runner
