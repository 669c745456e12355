#include "generate/diffusion/made_up_vocabulary.h"

#include "core/file_system.h"
#include "core/json.h"
#include "generate/diffusion/tokenizer/byte_alphabet.h"

namespace ersatz::test {

const std::vector<std::string>& made_up_merges() {
  static const std::vector<std::string> merges = {
      "l o",      "lo w</w>",   "lo w",     "e r</w>",  "low er</w>", "n e",
      "ne w</w>", "c a",        "ca t</w>", "ca t",     "p h",        "o t",
      "ph ot",    "phot o</w>", "o f</w>",  "' s</w>",  "t h",        "th e</w>",
      "! !</w>",  "Ã ©</w>",    "a t</w>",  "c at</w>",
  };
  return merges;
}

void write_made_up_tokenizer(const std::filesystem::path& directory, const std::string& pad) {
  core::Json vocabulary = core::Json::object();
  const auto add = [&](const std::string& token) { vocabulary[token] = vocabulary.size(); };
  for (const std::string suffix : {"", "</w>"}) {
    for (const unsigned char byte : generate::bytes_in_clip_order()) {
      add(generate::byte_characters()[byte] + suffix);
    }
  }
  std::string text = "#version: 0.2\n";
  for (std::string merge : made_up_merges()) {
    text += merge + "\n";
    merge.erase(merge.find(' '), 1);
    if (!vocabulary.contains(merge)) add(merge);
  }
  add("<|startoftext|>");
  add("<|endoftext|>");
  core::write_json(directory / "vocab.json", vocabulary);
  core::write_file_atomic(directory / "merges.txt", text);
  const core::Json special = {{"bos_token", {{"content", "<|startoftext|>"}, {"lstrip", false}}},
                              {"eos_token", "<|endoftext|>"},
                              {"unk_token", "<|endoftext|>"},
                              {"pad_token", pad}};
  core::write_json(directory / "special_tokens_map.json", special);
  core::write_json(directory / "tokenizer_config.json",
                   {{"tokenizer_class", "CLIPTokenizer"}, {"model_max_length", 77}});
}

std::int64_t made_up_size() {
  // "cat</w>" is made by two merges.
  return 512 + static_cast<std::int64_t>(made_up_merges().size()) - 1 + 2;
}

}  // namespace ersatz::test
