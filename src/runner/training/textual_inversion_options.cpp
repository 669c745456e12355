#include "runner/training/textual_inversion_options.h"

#include "runner/shared_options.h"

namespace ersatz::runner {
namespace {

constexpr const char* kModel = "Model";
constexpr const char* kConcept = "What is learned";
constexpr const char* kTraining = "Training";
constexpr const char* kOutput = "Output";
constexpr std::int64_t kMany = 1'000'000'000;

void add_model(CLI::App& app, TextualInversionOptions& options) {
  app.add_option("-m,--model", options.model,
                 "Folder in diffusers' layout, or a single .safetensors or .ckpt file")
      ->group(kModel)
      ->required();
  add_model_reading(app, options, kModel);
  app.add_option("--prediction", options.prediction,
                 "epsilon or v_prediction; for single files, which do not tell")
      ->group(kModel);
}

void add_concept(CLI::App& app, TextualInversionOptions& options) {
  app.add_option("--concept", options.pictures, "Folder with the pictures (PNG, JPEG)")
      ->group(kConcept)
      ->required();
  app.add_option("--token", options.token, "The new word, such as '<grand-piano>'")
      ->group(kConcept)
      ->required();
  app.add_option("--initializer", options.initializer,
                 "A word of one token for something alike: what the new word begins as")
      ->group(kConcept)
      ->required();
  app.add_option("--vectors", options.vectors, "Vectors of the new word")
      ->group(kConcept)
      ->capture_default_str();
  app.add_option("--template", options.templates,
                 "object, style, or a UTF-8 file with a sentence on each line, {} for the word")
      ->group(kConcept)
      ->capture_default_str();
  app.add_option("--size", options.size,
                 "Side of the pictures in pixels; default: what the model's folder says, else 512")
      ->group(kConcept);
  app.add_flag("--centre-crop,--center-crop", options.centre_crop,
               "Take the middle square of each picture instead of squeezing all of it into one")
      ->group(kConcept);
  app.add_flag("--no-flip", options.no_flip, "Do not show mirror images too")->group(kConcept);
}

void add_training(CLI::App& app, TextualInversionOptions& options) {
  const auto positive = CLI::Range(std::int64_t{1}, kMany);
  app.add_option("--steps", options.steps, "Updates of the vectors")
      ->group(kTraining)
      ->check(positive)
      ->capture_default_str();
  app.add_option("--learning-rate", options.learning_rate, "Of AdamW")
      ->group(kTraining)
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_flag("--scale-lr", options.scale_learning_rate,
               "Multiply the learning rate by the samples of a step")
      ->group(kTraining);
  app.add_option("--batch", options.batch, "Samples computed at once")
      ->group(kTraining)
      ->check(positive)
      ->capture_default_str();
  app.add_option("--gradient-accumulation", options.accumulation, "Batches of one step")
      ->group(kTraining)
      ->check(positive)
      ->capture_default_str();
  app.add_option("--schedule", options.schedule, "constant, linear or cosine")
      ->group(kTraining)
      ->capture_default_str();
  app.add_option("--warmup", options.warmup, "Steps in which the rate rises; constant and cosine")
      ->group(kTraining)
      ->check(CLI::Range(std::int64_t{0}, kMany))
      ->capture_default_str();
  app.add_option("--weight-decay", options.weight_decay, "Decoupled, of the new vectors")
      ->group(kTraining)
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Of everything random")
      ->group(kTraining)
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
}

void add_output(CLI::App& app, TextualInversionOptions& options) {
  const auto positive = CLI::Range(std::int64_t{1}, kMany);
  app.add_option("--out", options.out, "Folder for the embedding, checkpoints, metrics, samples")
      ->group(kOutput)
      ->required();
  app.add_option("--save-every", options.save_every, "Steps between checkpoints")
      ->group(kOutput)
      ->check(positive)
      ->capture_default_str();
  app.add_option("--log-every", options.log_every, "Steps between lines of metrics.jsonl")
      ->group(kOutput)
      ->check(positive)
      ->capture_default_str();
  auto* prompt = app.add_option("--validation-prompt", options.validation_prompt,
                                "Make pictures of this while training: samples/step-*.png")
                     ->group(kOutput);
  app.add_option("--validation-every", options.validation_every, "Steps between them")
      ->group(kOutput)
      ->needs(prompt)
      ->check(positive)
      ->capture_default_str();
  app.add_option("--validation-count", options.validation_count, "How many, with seeds 0, 1, ...")
      ->group(kOutput)
      ->needs(prompt)
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{64}))
      ->capture_default_str();
  app.add_option("--validation-steps", options.validation_steps, "Steps of their sampling")
      ->group(kOutput)
      ->needs(prompt)
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1000}))
      ->capture_default_str();
}

}  // namespace

void add_textual_inversion_options(CLI::App& app, TextualInversionOptions& options) {
  add_model(app, options);
  add_concept(app, options);
  add_training(app, options);
  add_output(app, options);
  app.add_option("--dtype", options.dtype,
                 "What the networks compute in: fp32 or bf16; auto: fp32 on the CPU, bf16 on CUDA")
      ->group("Machine and run")
      ->capture_default_str();
  app.footer(
      "Examples:\n"
      "  ersatz train textual-inversion --model sd15 --concept pianos --token '<grand-piano>' \\\n"
      "      --initializer piano --batch 1 --gradient-accumulation 4 --learning-rate 5e-4 \\\n"
      "      --scale-lr --steps 3000 --out grand-piano\n"
      "  ersatz train textual-inversion -m sd15 --concept prints --token '<woodcut>' \\\n"
      "      --initializer drawing --template style --vectors 4 --out woodcut \\\n"
      "      --validation-prompt 'a lighthouse in the style of <woodcut>'\n"
      "  ersatz generate txt2img -m sd15 --embedding grand-piano/learned_embeds.safetensors \\\n"
      "      --prompt 'a <grand-piano> on a beach' --out pictures\n"
      "The same command again continues after Ctrl-C or a crash. docs/train-textual-inversion.md\n"
      "has more.\n");
}

}  // namespace ersatz::runner
