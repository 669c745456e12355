#include "runner/diffusion/attention_output.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <set>
#include <utility>

#include "core/error.h"
#include "core/file_system.h"
#include "data/images/png_codec.h"
#include "models/safetensors.h"
#include "runner/diffusion/image_tensors.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;

// The word as part of a file name: whatever is not a letter or digit of ASCII becomes '_'.
std::string file_word(const std::string& word) {
  std::string name;
  for (const char c : word) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name += plain ? c : '_';
  }
  return name;
}

// The network sees this many tokens of a prompt, BOS included; EOS follows.
constexpr std::int64_t kSeen = 76;

}  // namespace

AttentionOutput::AttentionOutput(fs::path folder, std::vector<std::string> words,
                                 const generate::PromptEncoder& encoder,
                                 const std::vector<ImageTask>& images)
    : folder_(std::move(folder)), words_(std::move(words)) {
  std::set<std::string> names, found;
  for (const std::string& word : words_) {
    if (!names.insert(file_word(word)).second) {
      throw core::Error::usage(
          fmt::format("--attention {}: another word has the same file name", word));
    }
  }
  if (words_.empty()) return;
  for (const ImageTask& image : images) {
    if (prompts_.count(image.prompt) != 0) continue;
    Prompt& prompt = prompts_[image.prompt];
    std::vector<std::int64_t> ids = encoder.token_ids(image.prompt);
    if (ids.size() > kSeen - 1) ids.resize(kSeen - 1);
    prompt.tokens = static_cast<std::int64_t>(ids.size());
    for (const std::string& word : words_) {
      std::vector<std::int64_t> rows = label::word_rows(ids, encoder.token_ids(word));
      if (rows.empty()) continue;
      found.insert(word);
      prompt.rows.emplace(word, std::move(rows));
    }
  }
  for (const std::string& word : words_) {
    if (found.count(word) == 0) {
      throw core::Error::usage(
          fmt::format("--attention {}: the word is in no prompt", word),
          "it must be written as in the prompt, and within the first 75 tokens");
    }
  }
}

std::int64_t AttentionOutput::positions() const {
  std::int64_t most = 0;
  for (const auto& [text, prompt] : prompts_) most = std::max(most, prompt.tokens);
  return most + 2;
}

fs::path AttentionOutput::picture(const ImageTask& image, const std::string& word) const {
  return folder_ / fmt::format("{}.{}.attention.png", image.stem(), file_word(word));
}

bool AttentionOutput::is_finished(const ImageTask& image) const {
  if (words_.empty()) return true;
  std::error_code ignored;
  for (const auto& [word, rows] : prompts_.at(image.prompt).rows) {
    if (!fs::exists(picture(image, word), ignored)) return false;
  }
  return true;
}

void AttentionOutput::write(const label::AttentionCapture& capture, std::int64_t place,
                            const ImageTask& image, PictureSize size) const {
  const Prompt& prompt = prompts_.at(image.prompt);
  if (prompt.rows.empty()) return;
  const torch::Tensor global = label::global_heat_map(capture, place, prompt.tokens);
  models::NamedTensors maps;
  for (const auto& [word, rows] : prompt.rows) {
    const torch::Tensor map = label::word_heat_map(global, rows);
    const torch::Tensor large = label::expand_heat_map(map, size.height, size.width);
    core::write_file_atomic(picture(image, word),
                            data::encode_png(grey_image(large.to(torch::kCPU, torch::kFloat))));
    maps[word] = map.to(torch::kCPU, torch::kFloat).contiguous();
  }
  models::save_safetensors(folder_ / (image.stem() + ".attention.safetensors"), maps);
}

}  // namespace ersatz::runner
