#include "runner/diffusion/weights_options.h"

#include <fmt/format.h>

#include <filesystem>

#include "core/error.h"
#include "runner/diffusion/named_choices.h"

namespace ersatz::runner {
namespace {

void add_reading(CLI::App& app, WeightsOptions& options) {
  app.add_option("--variant", options.variant, "Of a folder's weight files, such as fp16");
  app.add_option("--prediction", options.prediction,
                 "epsilon or v_prediction; for single files, which do not tell");
  app.add_option("--configuration", options.configuration,
                 "For a single file: a model folder whose configuration holds");
}

void add_inspect(CLI::App& weights, WeightsOptions& options) {
  CLI::App* app = weights.add_subcommand("inspect", "What is in a weight file or a model");
  app->add_option("path", options.path, "Weight file, or folder in diffusers' layout")->required();
  app->add_flag("--tensors", options.tensors, "Name, type and shape of every tensor");
  app->add_flag("--json", options.json, "The same as JSON");
  app->footer(
      "Examples:\n"
      "  ersatz weights inspect sd15.safetensors\n"
      "  ersatz weights inspect style.safetensors --tensors\n");
  app->callback([&options] { options.action = WeightsAction::kInspect; });
}

void add_verify(CLI::App& weights, WeightsOptions& options) {
  CLI::App* app = weights.add_subcommand(
      "verify", "Load a model with every check, and digest its files (exit 30 when refused)");
  app->add_option("path", options.path, "Model: folder or single file")->required();
  add_reading(*app, options);
  app->add_flag("--json", options.json, "The result as JSON");
  app->footer(
      "Examples:\n"
      "  ersatz weights verify sd15\n"
      "  ersatz weights verify v2-768.ckpt --prediction v_prediction --json\n");
  app->callback([&options] { options.action = WeightsAction::kVerify; });
}

void add_convert(CLI::App& weights, WeightsOptions& options) {
  CLI::App* app = weights.add_subcommand("convert", "Another layout or number type");
  app->add_option("path", options.path, "Model: folder or single file")->required();
  app->add_option("--to", options.layout, "diffusers (a folder) or single-file")
      ->capture_default_str();
  app->add_option("--out", options.out, "Folder or file to write; must not exist yet")->required();
  app->add_option("--dtype", options.dtype, "fp32, fp16 or bf16; default: as it is");
  add_reading(*app, options);
  app->add_option("--tokenizer", options.tokenizer, "For a single file: folder with vocab.json");
  app->footer(
      "Examples:\n"
      "  ersatz weights convert sd15.ckpt --to diffusers --out sd15 --dtype fp16\n"
      "  ersatz weights convert sd15 --to single-file --out sd15.safetensors\n");
  app->callback([&options] { options.action = WeightsAction::kConvert; });
}

void add_random(CLI::App& weights, WeightsOptions& options) {
  CLI::App* app = weights.add_subcommand(
      "random", "A model with random weights, to measure speed and memory without the real ones");
  app->add_option("--arch", options.architecture,
                  fmt::format("{}", fmt::join(random_architectures(), ", ")))
      ->required();
  app->add_option("--seed", options.seed, "Of the weights")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app->add_option("--out", options.out, "Folder to write; must not exist yet")->required();
  app->add_option("--dtype", options.dtype, "fp32 (default), fp16 or bf16");
  app->footer(
      "Examples:\n"
      "  ersatz weights random --arch sd15 --seed 0 --out sd15-random\n"
      "  ersatz weights random --arch tiny --out tiny\n");
  app->callback([&options] { options.action = WeightsAction::kRandom; });
}

}  // namespace

const std::vector<std::string>& weight_layouts() {
  static const std::vector<std::string> names = {"diffusers", "single-file"};
  return names;
}

const std::vector<std::string>& random_architectures() {
  static const std::vector<std::string> names = {"sd15", "sd15-inpaint", "sd21", "sd21-base",
                                                 "tiny", "tiny-inpaint", "mini", "mini-sd2"};
  return names;
}

CLI::App* add_weights_options(CLI::App& program, WeightsOptions& options) {
  CLI::App* app =
      program.add_subcommand("weights", "Look at, check, convert and make weights of models");
  app->require_subcommand(1);
  add_inspect(*app, options);
  add_verify(*app, options);
  add_convert(*app, options);
  add_random(*app, options);
  app->footer(
      "Examples:\n"
      "  ersatz weights inspect sd15.safetensors             what kind of file it is\n"
      "  ersatz weights verify sd15                          every check of loading, and digests\n"
      "  ersatz weights convert sd15.ckpt --out sd15 --dtype fp16\n"
      "  ersatz weights random --arch sd15 --out random      the topology without the weights\n");
  return app;
}

void check_weights(const WeightsOptions& options) {
  std::error_code ignored;
  if (!options.path.empty() && !std::filesystem::exists(options.path, ignored)) {
    throw core::Error::missing(fmt::format("there is no file or folder {}", options.path));
  }
  choice("--to", options.layout, weight_layouts());
  if (!options.dtype.empty()) choice("--dtype", options.dtype, {"fp32", "fp16", "bf16"});
  if (!options.prediction.empty()) {
    choice("--prediction", options.prediction, {"epsilon", "v_prediction"});
  }
  const bool folder = options.action == WeightsAction::kRandom || options.layout == "diffusers";
  const std::filesystem::path out = options.out;
  if (folder && out.extension() == ".safetensors") {
    throw core::Error::usage(fmt::format("--out {} would become a folder", options.out),
                             "--to single-file writes a file; a folder needs another name");
  }
  if (!options.out.empty() && std::filesystem::exists(out, ignored) &&
      !(folder && std::filesystem::is_directory(out, ignored) &&
        std::filesystem::is_empty(out, ignored))) {
    throw core::Error::usage(fmt::format("--out {} exists already", options.out),
                             "choose another name, or delete it first");
  }
  if (options.action == WeightsAction::kRandom) {
    choice("architecture", options.architecture, random_architectures());
  }
}

}  // namespace ersatz::runner
