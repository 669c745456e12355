#include "runner/training/textual_inversion_options.h"

#include "runner/training/shared_training_options.h"

namespace ersatz::runner {
namespace {

constexpr const char* kModel = "Model";
constexpr const char* kConcept = "What is learned";
constexpr const char* kTraining = "Training";
constexpr const char* kOutput = "Output";
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
  add_picture_side(app, options, kConcept);
  app.add_flag("--centre-crop,--center-crop", options.centre_crop,
               "Take the middle square of each picture instead of squeezing all of it into one")
      ->group(kConcept);
  app.add_flag("--no-flip", options.no_flip, "Do not show mirror images too")->group(kConcept);
}

}  // namespace

void add_textual_inversion_options(CLI::App& app, TextualInversionOptions& options) {
  add_trained_model(app, options, kModel);
  add_concept(app, options);
  add_steps(app, options, kTraining, "Pictures computed at once");
  add_rate(app, options, kTraining, "the new vectors");
  add_seed(app, options, kTraining);
  add_training_output(app, options, kOutput, "the embedding");
  add_training_dtype(app, options, "networks");
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
