#include "cli/option_values.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>

#include "core/project.h"
#include "generate/diffusion/schedulers/scheduler_config.h"
#include "report/export/write_export.h"
#include "runner/diffusion/named_choices.h"
#include "runner/diffusion/weights_options.h"

namespace ersatz::cli {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

// Of CLI::IsMember, whose description is "{a,b,c}".
Words checked_set(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::size_t open = type.find('{');
  const std::size_t close = type.find('}', open);
  if (open == std::string::npos || close == std::string::npos) return {};
  Words words;
  std::istringstream list(type.substr(open + 1, close - open - 1));
  for (std::string word; std::getline(list, word, ',');) words.push_back(word);
  return words;
}

// What --recipe of `train mini-sd` takes by name. A file that says what was run is no recipe.
Words mini_sd_recipes() {
  Words names;
  std::error_code ignored;
  for (const auto& entry :
       fs::directory_iterator(core::Project::get().assets() / "mini-sd", ignored)) {
    const fs::path name = entry.path().filename();
    if (name.extension() == ".toml" && name.stem().extension().empty()) {
      names.push_back(name.stem().string());
    }
  }
  return names;
}

// Options that mean the same in every command.
Words common_values(const std::string& name) {
  if (name == "device") return {"auto", "cpu", "cuda"};
  if (name == "progress") return {"auto", "bar", "plain", "json", "none"};
  if (name == "prediction") return {"epsilon", "v_prediction"};
  if (name == "prompt-weights") return {"off", "a1111", "compel"};
  return {};
}

// By command, and there by option.
Words own_values(const std::string& command, const std::string& name) {
  if (name == "scheduler") return generate::solver_names();
  if (name == "recipe" && command == "train mini-sd") return mini_sd_recipes();
  if (name == "arch") return runner::random_architectures();
  if (name == "to" && command == "weights convert") return runner::weight_layouts();
  if (name == "to" && command == "export-run") return report::export_formats();
  const bool samples = command == "generate" || command == "diffugen run";
  if (samples && (name == "dtype" || name == "weights-dtype")) return runner::number_type_names();
  static const std::map<std::string, std::map<std::string, Words>> values = {
      {"copy-paste",
       {{"mode", {"native", "published", "roboflow"}},
        {"scale-of", {"native", "background"}},
        {"format", {"png", "jpeg"}}}},
      {"cutout", {{"method", {"white", "grabcut"}}, {"shape", {"box", "ellipse"}}}},
      {"diffugen run",
       {{"task", {"txt2img", "img2img", "inpaint", "all"}},
        {"labels", {"auto", "attention", "segmenter"}},
        {"recipe", {"published", "fixed"}}}},
      {"generate", {{"inpaint", {"auto", "legacy"}}}},
      {"train detector",
       {{"model",
         {"yolov8n", "yolov8s", "yolov8m", "yolov8l", "yolov8x", "yolov5n", "yolov5s", "yolov5m",
          "retinanet_resnet18", "retinanet_resnet50", "retinanet_resnet18_v2",
          "retinanet_resnet50_v2"}}}},
      {"train dreambooth",
       {{"dtype", {"auto", "fp32", "bf16"}}, {"schedule", {"constant", "linear", "cosine"}}}},
      {"train lora",
       {{"dtype", {"auto", "fp32", "bf16"}},
        {"schedule", {"constant", "linear", "cosine"}},
        {"init", {"kaiming", "gaussian"}}}},
      {"train textual-inversion",
       {{"dtype", {"auto", "fp32", "bf16"}},
        {"schedule", {"constant", "linear", "cosine"}},
        {"template", {"object", "style"}}}},
      {"weights convert", {{"dtype", {"fp32", "fp16", "bf16"}}}},
      {"weights random", {{"dtype", {"fp32", "fp16", "bf16"}}}},
  };
  const auto options = values.find(command);
  if (options == values.end()) return {};
  const auto found = options->second.find(name);
  return found == options->second.end() ? Words() : found->second;
}

}  // namespace

std::vector<std::string> option_values(const std::string& command, const CLI::Option& option) {
  if (Words words = checked_set(option); !words.empty()) return words;
  const Words& names = option.get_lnames();
  if (names.empty()) return {};
  if (Words words = common_values(names.front()); !words.empty()) return words;
  return own_values(command, names.front());
}

}  // namespace ersatz::cli
