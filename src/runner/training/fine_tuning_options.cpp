#include "runner/training/fine_tuning_options.h"

#include "runner/training/shared_training_options.h"

namespace ersatz::runner {
namespace {

constexpr const char* kModel = "Model";
constexpr const char* kPictures = "What is learned";
constexpr const char* kPrior = "Prior preservation";
constexpr const char* kLora = "LoRA";
constexpr const char* kTraining = "Training";
constexpr const char* kOutput = "Output";
void add_pictures(CLI::App& app, FineTuningOptions& options) {
  app.add_option("--pictures", options.pictures, "Folder with the pictures (PNG, JPEG)")
      ->group(kPictures)
      ->required();
  auto* prompt =
      app.add_option("--prompt", options.prompt,
                     options.lora ? "What all of them show, 'a photo of sks dog'; without it each "
                                    "has a caption: metadata.jsonl, or a .txt beside it"
                                  : "What they show, 'a photo of sks dog'")
          ->group(kPictures);
  if (!options.lora) prompt->required();
  add_picture_side(app, options, kPictures);
  app.add_flag("--squeeze", options.squeeze,
               "Squeeze whole pictures into the square instead of taking their middle")
      ->group(kPictures);
  app.add_flag("--flip", options.flip, "Show mirror images too")->group(kPictures);
}

void add_prior(CLI::App& app, FineTuningOptions& options) {
  auto* prompt = app.add_option("--class-prompt", options.class_prompt,
                                "Hold on to what the model draws for this, 'a photo of a dog'")
                     ->group(kPrior);
  auto* folder = app.add_option("--class-pictures", options.class_pictures,
                                "Folder with pictures of the class; default: the model makes them")
                     ->group(kPrior)
                     ->needs(prompt);
  const auto of_made = [&](const char* name, auto& value, const char* text) {
    return app.add_option(name, value, text)
        ->group(kPrior)
        ->needs(prompt)
        ->excludes(folder)
        ->capture_default_str();
  };
  of_made("--class-count", options.class_count, "How many the model makes")
      ->check(positive_count());
  of_made("--class-batch", options.class_batch, "How many at once")->check(positive_count());
  of_made("--class-steps", options.class_steps, "Steps of their sampling")->check(sampling_steps());
  of_made("--class-guidance", options.class_guidance, "Guidance scale of their sampling")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--prior-weight", options.prior_weight, "Weight of their error in the loss")
      ->group(kPrior)
      ->needs(prompt)
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
}

void add_lora(CLI::App& app, FineTuningOptions& options) {
  app.add_option("--rank", options.rank, "Of the factors")->group(kLora)->capture_default_str();
  app.add_option("--alpha", options.alpha, "Their product counts alpha / rank; default: the rank")
      ->group(kLora);
  app.add_option("--init", options.init, "Of the down factors: kaiming or gaussian")
      ->group(kLora)
      ->capture_default_str();
  app.add_option("--targets", options.targets,
                 "Linear layers of the UNet, by the ends of their names")
      ->group(kLora)
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--text-targets", options.text_targets,
                 "Of the text encoder, with --train-text-encoder")
      ->group(kLora)
      ->delimiter(',')
      ->capture_default_str();
}

void add_training(CLI::App& app, FineTuningOptions& options) {
  app.add_flag("--train-text-encoder", options.train_text_encoder, "Not only the UNet")
      ->group(kTraining);
  add_steps(app, options, kTraining, "Pictures computed at once (and as many of the class)");
  add_rate(app, options, kTraining, "all that is trained");
  app.add_option("--clip-norm", options.clip_norm, "Longest gradient; 0: any")
      ->group(kTraining)
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--snr-gamma", options.snr_gamma, "Min-SNR weights of the loss; 0: none")
      ->group(kTraining)
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  add_seed(app, options, kTraining);
}

constexpr const char* kDreamBoothExamples =
    "Examples:\n"
    "  ersatz train dreambooth -m sd15 --pictures dog --prompt 'a photo of sks dog' \\\n"
    "      --class-prompt 'a photo of a dog' --class-count 200 --steps 800 --batch 1 --out sks\n"
    "  ersatz generate txt2img -m sks/model --prompt 'a photo of sks dog on a beach' --out dogs\n"
    "The same command again continues after Ctrl-C or a crash. docs/train-dreambooth.md has "
    "more.\n";
constexpr const char* kLoraExamples =
    "Examples:\n"
    "  ersatz train lora -m sd15 --pictures dog --prompt 'a photo of sks dog' --batch 1 --out sks\n"
    "  ersatz train lora -m sd15 --pictures captioned --rank 8 --batch 16 --learning-rate 1e-4 \\\n"
    "      --steps 15000 --flip --out orchards\n"
    "  ersatz generate txt2img -m sd15 --lora sks/pytorch_lora_weights.safetensors \\\n"
    "      --prompt 'a photo of sks dog on a beach' --out dogs\n"
    "The same command again continues after Ctrl-C or a crash. docs/train-dreambooth.md has "
    "more.\n";

}  // namespace

FineTuningOptions dreambooth_options() { return {}; }

FineTuningOptions lora_options() {
  FineTuningOptions options;
  options.lora = true;
  options.steps = 500;
  options.learning_rate = 5e-4;
  return options;
}

void add_fine_tuning_options(CLI::App& app, FineTuningOptions& options) {
  add_trained_model(app, options, kModel);
  add_pictures(app, options);
  add_prior(app, options);
  if (options.lora) add_lora(app, options);
  add_training(app, options);
  add_training_output(app, options, kOutput, "the result");
  add_training_dtype(app, options, "layers");
  app.footer(options.lora ? kLoraExamples : kDreamBoothExamples);
}

}  // namespace ersatz::runner
