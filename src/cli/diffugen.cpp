#include "cli/diffugen.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/find_tokenizer.h"
#include "cli/launch.h"
#include "core/command_line.h"
#include "core/json.h"
#include "core/log.h"
#include "generate/diffugen/expansion.h"
#include "generate/diffugen/task_items.h"
#include "runner/diffugen/diffugen_options.h"
#include "runner/diffugen/diffugen_request.h"

namespace ersatz::cli {
namespace {

using core::Json;
using generate::DiffuGenConfig;
using generate::DiffuGenPicture;

constexpr std::int64_t kPromptTokens = 77;

struct PlanOptions {
  std::string config, model, vocabulary;
  std::size_t prompts = 5;
  bool json = false;
};

// A prompt that the text encoder will not see whole.
struct LongPrompt {
  std::size_t template_index = 0;
  std::string prompt, lost;
};

// The longest of each template; none without a tokenizer.
std::vector<LongPrompt> long_prompts(const PlanOptions& options,
                                     const std::vector<DiffuGenPicture>& pictures) {
  if (options.model.empty() && options.vocabulary.empty()) return {};
  const generate::ClipTokenizer tokenizer = find_tokenizer(options.model, options.vocabulary);
  std::vector<LongPrompt> longest;
  for (const DiffuGenPicture& picture : pictures) {
    const generate::TokenizedPrompt tokens = tokenizer.tokenize(picture.prompt, kPromptTokens);
    if (tokens.truncated.empty()) continue;
    if (longest.empty() || longest.back().template_index != picture.prompt_index) {
      longest.push_back({picture.prompt_index, picture.prompt, tokens.truncated});
    } else if (tokens.truncated.size() > longest.back().lost.size()) {
      longest.back() = {picture.prompt_index, picture.prompt, tokens.truncated};
    }
  }
  return longest;
}

// Calls of the UNet, each for a picture with and without its prompt.
std::int64_t network_calls(const DiffuGenConfig& config, std::size_t pictures) {
  return static_cast<std::int64_t>(pictures) * config.steps;
}

// Of each task, where it is known: of one that starts from another dataset it is not.
std::vector<std::pair<std::string, std::optional<std::size_t>>> task_sizes(
    const DiffuGenConfig& config) {
  std::vector<std::pair<std::string, std::optional<std::size_t>>> sizes;
  std::vector<generate::DiffuGenItem> sources;
  if (config.txt2img) {
    sources = generate::text_to_image_items(config);
    sizes.emplace_back("txt2img", sources.size());
  }
  const auto own = (config.dataset_root / config.dataset_name / "txt2img").lexically_normal();
  const auto is_own = [&](const std::filesystem::path& source) {
    return config.txt2img.has_value() && source.lexically_normal() == own;
  };
  if (config.img2img) {
    sizes.emplace_back("img2img", std::nullopt);
    if (is_own(config.img2img->source)) {
      sizes.back().second = generate::image_to_image_items(*config.img2img, sources).size();
    }
  }
  if (config.inpaint) {
    sizes.emplace_back("inpaint", std::nullopt);
    if (is_own(config.inpaint->source)) {
      sizes.back().second = generate::inpainting_items(*config.inpaint, sources).size();
    }
  }
  return sizes;
}

Json picture_json(const DiffuGenPicture& picture) {
  return {{"index", picture.index},
          {"file", generate::file_stem(picture)},
          {"prompt", picture.prompt},
          {"seed", picture.seed}};
}

void print_json(const DiffuGenConfig& config, const std::vector<DiffuGenPicture>& pictures,
                const std::vector<LongPrompt>& cut, std::size_t prompts) {
  Json plan = {
      {"dataset", config.dataset_name}, {"pictures", pictures.size()},
      {"steps", config.steps},          {"width", config.width},
      {"height", config.height},        {"network_calls", network_calls(config, pictures.size())}};
  plan["tasks"] = Json::array();
  plan["task_pictures"] = Json::object();
  for (const auto& [task, size] : task_sizes(config)) {
    plan["tasks"].push_back(task);
    plan["task_pictures"][task] = size ? Json(*size) : Json();
  }
  plan["remarks"] = Json::array();
  for (const generate::DiffuGenRemark& remark : config.remarks) {
    plan["remarks"].push_back({{"line", remark.line}, {"text", remark.text}});
  }
  plan["cut_prompts"] = Json::array();
  for (const LongPrompt& one : cut) {
    plan["cut_prompts"].push_back(
        {{"template", one.template_index}, {"prompt", one.prompt}, {"lost", one.lost}});
  }
  plan["first"] = Json::array();
  for (std::size_t i = 0; i < std::min(prompts, pictures.size()); ++i) {
    plan["first"].push_back(picture_json(pictures[i]));
  }
  std::printf("%s\n", plan.dump(2).c_str());
}

void print_text(const DiffuGenConfig& config, const std::vector<DiffuGenPicture>& pictures,
                std::size_t prompts) {
  if (config.txt2img) {
    const generate::DiffuGenTextToImage& task = *config.txt2img;
    std::printf(
        "%s: %zu templates x %zu view points x %zu objects x %zu times x %zu skies x %zu weathers "
        "x %lld seeds\n",
        config.dataset_name.c_str(), task.templates.size(), task.views.size(), task.objects.size(),
        task.times.size(), task.skies.size(), task.weathers.size(),
        static_cast<long long>(task.seeds_per_prompt));
    std::printf("txt2img: %zu pictures of %d x %d px, %lld steps each: %lld guided steps\n",
                pictures.size(), config.width, config.height, static_cast<long long>(config.steps),
                static_cast<long long>(network_calls(config, pictures.size())));
  }
  for (const auto& [task, size] : task_sizes(config)) {
    if (task == "txt2img") continue;
    const bool inpaint = task == "inpaint";
    std::printf("%s: %s%s the pictures in %s\n", task.c_str(),
                size ? fmt::format("{} pictures: ", *size).c_str() : "",
                inpaint ? "other objects in" : "other times, skies and weathers of",
                (inpaint ? config.inpaint->source : config.img2img->source).c_str());
  }
  std::printf("labels: %s\n", config.unsupervised ? "from attention" : "by a segmenter");
  for (std::size_t i = 0; i < std::min(prompts, pictures.size()); ++i) {
    std::printf("\n%s\n  %s\n", generate::file_stem(pictures[i]).c_str(),
                pictures[i].prompt.c_str());
  }
}

int plan(const PlanOptions& options) {
  const DiffuGenConfig config = generate::load_diffugen_config(options.config);
  const std::vector<DiffuGenPicture> pictures =
      config.txt2img ? generate::expand(*config.txt2img) : std::vector<DiffuGenPicture>();
  const std::vector<LongPrompt> cut = long_prompts(options, pictures);
  if (options.json) {
    print_json(config, pictures, cut, options.prompts);
    return 0;
  }
  for (const generate::DiffuGenRemark& remark : config.remarks) {
    core::log_warning(fmt::format("{}:{}: {}", options.config, remark.line, remark.text));
  }
  for (const LongPrompt& one : cut) {
    core::log_warning(fmt::format(
        "prompts of template {} are longer than {} tokens; cut off, at the most: \"{}\"",
        one.template_index, kPromptTokens, one.lost));
  }
  print_text(config, pictures, options.prompts);
  return 0;
}

}  // namespace

Command add_diffugen(CLI::App& program) {
  auto options = std::make_shared<PlanOptions>();
  auto running = std::make_shared<runner::DiffuGenCommand>();
  CLI::App* app = program.add_subcommand("diffugen", "Labelled datasets from DiffuGen's files");
  app->require_subcommand(1);
  CLI::App* planned =
      app->add_subcommand("plan", "What a configuration asks for: pictures, cost, first prompts");
  planned->add_option("config", options->config, "Configuration file (JSON)")->required();
  auto* model = planned->add_option("-m,--model", options->model,
                                    "Whose tokenizer counts the tokens of prompts");
  planned
      ->add_option("--vocabulary", options->vocabulary,
                   "CLIP's own vocabulary file, bpe_simple_vocab_16e6.txt.gz")
      ->excludes(model);
  planned->add_option("--prompts", options->prompts, "How many of the first prompts to print")
      ->capture_default_str();
  planned->add_flag("--json", options->json, "One JSON object");
  constexpr const char* kExamples =
      "Examples:\n"
      "  ersatz diffugen plan cars.json\n"
      "  ersatz diffugen plan cars.json --model sd15 --prompts 20\n"
      "  ersatz diffugen plan cars.json --json | jq .pictures\n";
  planned->footer(kExamples);
  app->footer(std::string(kExamples) +
              "  ersatz diffugen run cars.json --model sd15 --labels attention --limit 8\n");
  const CLI::App* run = runner::add_diffugen_run_options(*app, *running);
  return {app, [options, running, run, &program]() -> int {
            if (!run->parsed()) return plan(*options);
            // Mistakes are told at once, before libtorch is loaded.
            runner::check_diffugen_run(*running);
            launch_program(kDiffusionProgram, core::command_line_words(program));
          }};
}

}  // namespace ersatz::cli
