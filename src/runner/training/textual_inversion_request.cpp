#include "runner/training/textual_inversion_request.h"

#include <fmt/format.h>

#include <filesystem>

#include "core/error.h"
#include "core/log.h"
#include "generate/diffusion/tokenizer/clip_tokenizer.h"
#include "runner/diffusion/model_setup.h"
#include "runner/diffusion/named_choices.h"
#include "runner/diffusion/prompt_file.h"
#include "train/textual_inversion/placeholder.h"
#include "train/textual_inversion/prompt_templates.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Error;

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

void check_words(const TrainOptions& options) {
  const TextualInversionOptions& own = options.textual_inversion;
  require_text(own.token, "--token");
  require_text(own.initializer, "--initializer");
  require_text(own.validation_prompt, "--validation-prompt");
  if (!own.validation_prompt.empty() &&
      own.validation_prompt.find(own.token) == std::string::npos) {
    core::log_warning(fmt::format("--validation-prompt does not speak of {}", own.token));
  }
  check_output_folder(own.out);
}

}  // namespace

TrainingModel training_model(const TrainOptions& options) {
  const TextualInversionOptions& own = options.textual_inversion;
  return {own.model, own.variant, own.tokenizer, own.prediction, options.device, own.dtype};
}

TextualInversionRequest check_textual_inversion(const TrainOptions& options) {
  const TextualInversionOptions& own = options.textual_inversion;
  check_words(options);
  TextualInversionRequest request;
  request.training = training_of(own);
  const TrainingModel model = training_model(options);
  request.load = training_load_options(model);
  const ModelShape shape = model_shape(own.model);
  train::ConceptPreparation preparation;
  preparation.side = picture_side(own.size, shape);
  preparation.centre_crop = own.centre_crop;
  generate::ClipTokenizer tokenizer = load_model_tokenizer(model_options(model));
  const train::Placeholder placeholder =
      train::add_placeholder(tokenizer, own.token, own.initializer, own.vectors);
  train::placeholder_prompts(tokenizer, placeholder, request.training.templates, shape.tokens);
  request.images = train::load_concept_images(own.pictures, preparation);
  return request;
}

}  // namespace ersatz::runner
