#include "runner/diffusion/generate_options.h"

#include "runner/shared_options.h"

namespace ersatz::runner {
namespace {

constexpr const char* kPrompts = "Prompts";
constexpr const char* kSampling = "Sampling";
constexpr const char* kPictures = "Image-to-image and inpainting";
constexpr const char* kModel = "Model";
constexpr const char* kMachine = "Machine";
constexpr const char* kOutput = "Output";
constexpr const char* kInspection = "Inspection";

void add_prompts(CLI::App& app, GenerateOptions& options) {
  auto* prompts = app.add_option("--prompt", options.prompts, "What to show; may be repeated")
                      ->group(kPrompts)
                      ->allow_extra_args(false);
  app.add_option("--prompts", options.prompt_file, "A UTF-8 file with one prompt on each line")
      ->group(kPrompts)
      ->excludes(prompts);
  app.add_option("--negative", options.negatives,
                 "What not to show: one for all prompts, or one for each")
      ->group(kPrompts)
      ->allow_extra_args(false);
  app.add_option("--prompt-weights", options.prompt_weights,
                 "off: prompts are taken as they are; a1111: (word:1.4) [word]; compel: word++")
      ->group(kPrompts)
      ->capture_default_str();
  app.add_option("--clip-skip", options.clip_skip, "Last layers of the text encoder to leave out")
      ->group(kPrompts)
      ->check(CLI::Range(0, 23))
      ->capture_default_str();
  app.add_option("--embedding", options.embeddings,
                 "FILE[=<token>]: a textual-inversion embedding; may be repeated")
      ->group(kPrompts)
      ->allow_extra_args(false);
}

void add_sampling(CLI::App& app, GenerateOptions& options) {
  app.add_option("--steps", options.steps, "Steps of the scheduler")
      ->group(kSampling)
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--guidance", options.guidance, "Classifier-free guidance scale; 1 or less: none")
      ->group(kSampling)
      ->check(CLI::Range(0.0, 1000.0))
      ->capture_default_str();
  app.add_option("--guidance-rescale", options.guidance_rescale,
                 "Towards the contrast of the unguided prediction (0 to 1)")
      ->group(kSampling)
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--scheduler", options.scheduler,
                 "pndm, ddim, ddpm, lms, euler, euler_a, heun, dpmpp_2m, unipc, ..., or a "
                 "scheduler_config.json; default: the model's own")
      ->group(kSampling);
  app.add_option("--eta", options.eta, "DDIM: 0 is deterministic, 1 as noisy as DDPM")
      ->group(kSampling)
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--seed", options.seed, "Of image 0; image k has seed + k")
      ->group(kSampling)
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--count", options.count, "Images of each prompt")
      ->group(kSampling)
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--batch", options.batch, "Images computed at once; does not change them")
      ->group(kSampling)
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--size", options.size,
                 "WxH in pixels, multiples of 8; default: the picture's, else the model's")
      ->group(kSampling);
  app.add_flag("--tiled-decode", options.tiled_decode,
               "Decode in overlapping tiles: less memory, slightly different pixels")
      ->group(kSampling);
}

void add_pictures(CLI::App& app, GenerateOptions& options) {
  app.add_option("--image", options.image, "PNG or JPEG to start from")->group(kPictures);
  app.add_option("--mask", options.mask, "PNG or JPEG of the same size; white is painted anew")
      ->group(kPictures);
  app.add_option("--strength", options.strength,
                 "Share of the steps that is run, above 0 to 1; default 0.8, inpaint 1")
      ->group(kPictures);
  app.add_option("--inpaint", options.inpaint,
                 "auto: by the model's input channels; legacy: soft mask, as early diffusers")
      ->group(kPictures)
      ->capture_default_str();
}

void add_model(CLI::App& app, GenerateOptions& options) {
  app.add_option("-m,--model", options.model,
                 "Folder in diffusers' layout, or a single .safetensors or .ckpt file")
      ->group(kModel)
      ->required();
  add_model_reading(app, options, kModel);
  app.add_option("--prediction", options.prediction,
                 "epsilon or v_prediction; for single files, which do not tell")
      ->group(kModel);
  app.add_option("--lora", options.loras, "FILE[=scale]: a LoRA to merge; may be repeated")
      ->group(kModel)
      ->allow_extra_args(false);
}

void add_output(CLI::App& app, GenerateOptions& options) {
  app.add_option("--out", options.out, "Folder for <index>_<seed>.png and .json")
      ->group(kOutput)
      ->required();
  app.add_option("--shard", options.shard,
                 "i/n: only images k with k mod n = i (i from 0); all shards may share --out")
      ->group(kOutput);
  app.add_flag("--overwrite", options.overwrite, "Replace images that were made differently")
      ->group(kOutput);
  app.add_flag("-n,--dry-run", options.dry_run, "Check everything, and print what would be made")
      ->group(kOutput);
  app.add_flag("--json", options.json, "Print the list of images as JSON")->group(kOutput);
  add_progress(app, options, kOutput);
}

void add_inspection(CLI::App& app, GenerateOptions& options) {
  app.add_option("--attention", options.attention,
                 "Also write where the network attended to this word; may be repeated")
      ->group(kInspection)
      ->allow_extra_args(false);
  auto* preview = app.add_option("--preview", options.preview,
                                 "Folder for pictures of the images while they form")
                      ->group(kInspection);
  app.add_option("--preview-every", options.preview_every, "Steps between them")
      ->group(kInspection)
      ->needs(preview)
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--taesd", options.taesd,
                 "Folder with TAESD's weights: previews at a hundredth of the cost")
      ->group(kInspection)
      ->needs(preview);
  app.add_option("--init-latents", options.init_latents,
                 "safetensors with `latents` [images, 4, h, w]: standard normal, instead of seeds")
      ->group(kInspection);
  app.add_option("--noise", options.noise,
                 "safetensors with `noise_000`, ... [images, 4, h, w]: every later random draw")
      ->group(kInspection);
  app.add_option("--dump-trajectory", options.dump_trajectory,
                 "Write the latents of every step, and the images, to this safetensors file")
      ->group(kInspection);
}

}  // namespace

CLI::App* add_generate_options(CLI::App& program, GenerateOptions& options) {
  CLI::App* app =
      program.add_subcommand("generate", "Make images with Stable Diffusion, or with a GAN (cgan)");
  // Not required here, or sub-commands of this one would be taken for it; check_generate asks.
  app->add_option("mode", options.mode, "txt2img, img2img or inpaint");
  add_prompts(*app, options);
  add_sampling(*app, options);
  add_pictures(*app, options);
  add_model(*app, options);
  add_sampling_machine(*app, options, kMachine);
  add_output(*app, options);
  add_inspection(*app, options);
  app->footer(
      "Examples:\n"
      "  ersatz generate txt2img --model sd15 --prompt 'a red apple' --out apples\n"
      "  ersatz generate txt2img -m sd15 --prompts cars.txt --count 4 --batch 4 --steps 25 \\\n"
      "      --scheduler dpmpp_2m_karras --seed 100 --out cars     4 images of every line\n"
      "  ersatz generate img2img -m sd15 --prompt 'in snow' --image car.jpg --strength 0.6 \\\n"
      "      --out snow\n"
      "  ersatz generate inpaint -m sd15-inpaint --prompt 'a pear' --image bowl.png \\\n"
      "      --mask apple.png --out pears\n"
      "  ersatz generate txt2img -m sd15 --prompts cars.txt --shard 0/2 --out cars\n"
      "                                                      one of two machines' half\n"
      "The same command again makes only what is missing. docs/generate.md has more.\n");
  return app;
}

}  // namespace ersatz::runner
