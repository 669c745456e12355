#include "runner/training/fine_tuning_request.h"

#include <fmt/format.h>

#include <utility>

#include "core/error.h"
#include "runner/diffusion/model_setup.h"
#include "runner/diffusion/named_choices.h"
#include "runner/diffusion/prompt_file.h"
#include "train/fine_tuning/captions.h"
#include "train/textual_inversion/concept_images.h"

namespace ersatz::runner {
namespace {

using core::Error;

train::FineTuningTraining training_of(const FineTuningOptions& own) {
  train::FineTuningTraining training;
  if (own.lora) {
    models::LoraSettings lora;
    lora.rank = own.rank;
    lora.alpha = own.alpha;
    lora.init = models::parse_lora_init(own.init);
    lora.unet_targets = own.targets;
    lora.text_targets = own.text_targets;
    training.lora = std::move(lora);
  }
  training.train_text_encoder = own.train_text_encoder;
  training.prior_weight = own.prior_weight;
  training.mirrored = own.flip;
  training.steps = own.steps;
  training.batch_size = own.batch;
  training.accumulation = own.accumulation;
  choice("schedule", own.schedule, {"constant", "linear", "cosine"});
  training.learning_rate.kind = train::parse_schedule_kind(own.schedule);
  training.learning_rate.base = own.learning_rate;
  training.learning_rate.warmup_steps = own.warmup;
  training.scale_learning_rate = own.scale_learning_rate;
  training.optimiser.weight_decay = own.weight_decay;
  training.optimiser.clip_norm = own.clip_norm;
  if (own.clip_norm == 0) training.optimiser.clip = train::ClipMode::kNone;
  training.min_snr_gamma = own.snr_gamma;
  train::check(training);
  return training;
}

void check_words(const FineTuningOptions& own) {
  require_text(own.prompt, "--prompt");
  require_text(own.class_prompt, "--class-prompt");
  require_text(own.validation_prompt, "--validation-prompt");
  if (!own.lora && own.prompt.empty()) throw Error::usage("--prompt is empty");
  if (!own.class_prompt.empty() && own.class_prompt == own.prompt) {
    throw Error::usage("--class-prompt is --prompt: the class could not be told from what is new");
  }
  check_output_folder(own.out);
}

std::vector<data::CaptionedImage> captioned(train::ConceptImages&& images,
                                            const std::vector<std::string>& captions) {
  std::vector<data::CaptionedImage> result;
  for (std::size_t i = 0; i < images.pictures.size(); ++i) {
    result.push_back({std::move(images.pictures[i]), captions[i], {}});
  }
  return result;
}

}  // namespace

FineTuningRequest check_fine_tuning(const TrainOptions& options, const FineTuningOptions& own) {
  check_words(own);
  FineTuningRequest request;
  request.training = training_of(own);
  request.model = {own.model,      own.variant,    own.tokenizer,
                   own.prediction, options.device, own.dtype};
  request.load = training_load_options(request.model);
  request.training.dtype = request.load.compute_type == c10::ScalarType::BFloat16 ? "bf16" : "fp32";
  if (!own.lora) {
    // All of the model is saved, and may be trained, in float32.
    request.load.weights_type = c10::ScalarType::Float;
    request.load.mapped = false;
  }
  request.side = picture_side(own.size, model_shape(own.model));
  load_model_tokenizer(model_options(request.model));  // whether there is one
  train::ConceptPreparation preparation;
  preparation.side = request.side;
  preparation.centre_crop = !own.squeeze;
  train::ConceptImages images = train::load_concept_images(own.pictures, preparation);
  request.names = images.names;
  const std::vector<std::string> captions =
      own.prompt.empty() ? train::read_captions(own.pictures, images.names)
                         : std::vector<std::string>(images.names.size(), own.prompt);
  request.pictures.instance = captioned(std::move(images), captions);
  if (!own.class_pictures.empty()) {
    train::ConceptImages others = train::load_concept_images(own.class_pictures, preparation);
    const std::vector<std::string> prompts(others.names.size(), own.class_prompt);
    request.pictures.prior = captioned(std::move(others), prompts);
  }
  return request;
}

}  // namespace ersatz::runner
