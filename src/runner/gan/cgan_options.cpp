#include "runner/gan/cgan_options.h"

namespace ersatz::runner {

CLI::App* add_cgan_options(CLI::App& generate, CganOptions& options) {
  CLI::App* app = generate.add_subcommand(
      "cgan", "Pictures of clothes by the conditional GAN of a finished run");
  // What `generate` itself needs is for Stable Diffusion.
  app->preparse_callback([&generate](std::size_t) {
    for (CLI::Option* option : generate.get_options()) option->required(false);
  });
  app->add_option("--class", options.classes,
                  "What to show, such as dress; may be repeated; default: every class")
      ->allow_extra_args(false);
  app->add_option("--count", options.count, "Pictures of each class")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  app->add_option("--seed", options.seed, "Picture k of a class depends on it, the class and k")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  auto* weights =
      app->add_option("--weights", options.weights, "A generator's file (generator.safetensors)");
  auto* run = app->add_option("--run", options.run,
                              "A finished run of the experiment clothing: its folder or name; "
                              "default: the newest");
  run->excludes(weights);
  app->add_option("--stage", options.stage,
                  "Which generator of the run: the stage whose name starts with this")
      ->excludes(weights)
      ->capture_default_str();
  app->add_option("--out", options.out,
                  "Folder for <class>_<number>.png, sheet.png and cgan.json; default: "
                  "cgan-<classes>-<seed>");
  app->add_option("--device", options.device, "auto, cpu, cuda or cuda:N")->capture_default_str();
  app->add_option("--threads", options.threads, "Compute threads; 0: one per physical core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app->add_flag("--overwrite", options.overwrite,
                "Replace pictures in the folder that were made differently; those that cgan.json "
                "lists and that are not made again are removed");
  app->add_flag("--json", options.json, "Print what cgan.json says");
  app->add_flag("-q,--quiet", options.quiet, "Only warnings and errors");
  app->footer(
      "Examples:\n"
      "  ersatz run clothing && ersatz generate cgan --class dress --count 64 --seed 1\n"
      "  ersatz generate cgan --stage gan/foreground --out foregrounds\n"
      "  ersatz generate cgan --weights generator.safetensors --class hat --out hats\n");
  return app;
}

}  // namespace ersatz::runner
