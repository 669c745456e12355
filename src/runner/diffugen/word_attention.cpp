#include "runner/diffugen/word_attention.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <set>

#include "core/error.h"
#include "core/log.h"
#include "runner/diffusion/image_tensors.h"

namespace ersatz::runner {
namespace {

using core::Error;
using generate::DiffuGenItem;
using generate::DiffuGenTask;

// The network sees this many tokens of a prompt, beside BOS and EOS.
constexpr std::size_t kTokensSeen = 75;

std::int64_t class_of(const std::string& object, const std::vector<std::string>& classes) {
  const auto place = std::find(classes.begin(), classes.end(), object);
  if (place == classes.end()) {
    throw Error::usage(
        fmt::format("the source dataset has the object '{}', which is no class here", object),
        "add it to dataset_classes");
  }
  return place - classes.begin();
}

}  // namespace

WordAttention::Key WordAttention::key_of(const DiffuGenItem& item) {
  return {item.prompt, item.attributes.object_name};
}

WordAttention::WordAttention(const WordChoice& choice, const generate::PromptEncoder& encoder,
                             const std::vector<DiffuGenItem>& items) {
  std::set<std::string> found;
  for (const DiffuGenItem& item : items) {
    if (prompts_.count(key_of(item)) != 0) continue;
    Prompt prompt = read(choice, encoder, item);
    most_tokens_ = std::max(most_tokens_, prompt.tokens);
    for (const Word& word : prompt.words) found.insert(word.word);
    prompts_.emplace(key_of(item), std::move(prompt));
  }
  for (const LabelWord& word : choice.words) {
    if (items.empty() || found.count(word.word) != 0) continue;
    core::log_warning(fmt::format("--word {}: it is in no prompt of {}", word.word,
                                  generate::task_name(choice.task)));
  }
}

WordAttention::Prompt WordAttention::read(const WordChoice& choice,
                                          const generate::PromptEncoder& encoder,
                                          const DiffuGenItem& item) const {
  std::vector<std::int64_t> ids = encoder.token_ids(item.prompt);
  if (ids.size() > kTokensSeen) ids.resize(kTokensSeen);
  Prompt prompt;
  prompt.tokens = static_cast<std::int64_t>(ids.size());
  const bool published = choice.recipe == label::MapRecipe::kPublished;
  const bool inpaint = choice.task == DiffuGenTask::kInpainting;
  std::set<std::int64_t> taken;
  const auto add = [&](const std::string& word, std::int64_t class_index) {
    std::vector<std::int64_t> rows = label::word_rows(ids, encoder.token_ids(word));
    rows.erase(std::remove_if(rows.begin(), rows.end(),
                              [&](std::int64_t row) { return taken.count(row) != 0; }),
               rows.end());
    if (rows.empty()) return;
    taken.insert(rows.begin(), rows.end());
    prompt.words.push_back({word, class_index, std::move(rows)});
  };
  if (published && inpaint) {
    Word whole{item.prompt, 0, {}};
    for (std::int64_t row = 1; row <= prompt.tokens; ++row) whole.rows.push_back(row);
    prompt.words.push_back(std::move(whole));
    return prompt;
  }
  add(item.attributes.object_name, published ? 0 : class_of(item.object, choice.classes));
  if (prompt.words.empty()) {
    throw Error::usage(
        fmt::format("'{}' is not within the first {} tokens of the prompt '{}'",
                    item.attributes.object_name, kTokensSeen, item.prompt),
        "move the object to the front of the template: the network does not see the rest");
  }
  if (published) return prompt;
  for (std::size_t i = 0; i < choice.classes.size() && !inpaint; ++i) {
    if (choice.classes[i] != item.object) add(choice.classes[i], static_cast<std::int64_t>(i));
  }
  for (const LabelWord& word : choice.words) add(word.word, word.class_index);
  return prompt;
}

std::vector<label::WordMap> WordAttention::maps(const label::AttentionCapture& capture,
                                                std::int64_t place, const DiffuGenItem& item,
                                                PictureSize size) const {
  const Prompt& prompt = prompts_.at(key_of(item));
  const torch::Tensor global = label::global_heat_map(capture, place, prompt.tokens);
  std::vector<label::WordMap> maps;
  for (const Word& word : prompt.words) {
    const torch::Tensor map =
        label::expand_heat_map(label::word_heat_map(global, word.rows), size.height, size.width);
    maps.push_back({word.class_index, word.word, grey_image(map.to(torch::kCPU, torch::kFloat))});
  }
  return maps;
}

std::vector<std::string> heat_map_layers(const label::AttentionCapture& capture) {
  const label::HeatMapOptions options;
  std::vector<std::string> names;
  for (const label::AttentionCapture::Layer& layer : capture.layers()) {
    const bool chosen = std::find(options.factors.begin(), options.factors.end(), layer.factor) !=
                        options.factors.end();
    if (chosen && layer.name.rfind("mid_block", 0) != 0) names.push_back(layer.name);
  }
  return names;
}

}  // namespace ersatz::runner
