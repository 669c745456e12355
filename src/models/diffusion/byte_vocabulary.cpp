#include "models/diffusion/byte_vocabulary.h"

#include <string>
#include <vector>

#include "core/file_system.h"
#include "core/json.h"

namespace ersatz::models {

namespace {

// UTF-8 of a character below U+0800.
std::string utf8(unsigned character) {
  if (character < 0x80) return {static_cast<char>(character)};
  return {static_cast<char>(0xc0U | character >> 6U), static_cast<char>(0x80U | (character & 63U))};
}

// The visible characters that stand for the 256 bytes in vocabularies of byte-level tokenizers
// (Radford et al. 2019): printable bytes of Latin-1 for themselves, then the others from U+0100 on.
std::vector<std::string> byte_characters() {
  const auto printable = [](unsigned byte) {
    return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  };
  std::vector<std::string> characters;
  for (unsigned byte = 0; byte < 256; ++byte) {
    if (printable(byte)) characters.push_back(utf8(byte));
  }
  const auto shown = static_cast<unsigned>(characters.size());
  for (unsigned i = 0; i < 256 - shown; ++i) characters.push_back(utf8(256 + i));
  return characters;
}

}  // namespace

void write_byte_vocabulary(const std::filesystem::path& folder) {
  constexpr const char* kStart = "<|startoftext|>";
  constexpr const char* kEnd = "<|endoftext|>";
  core::Json vocabulary = core::Json::object();
  int id = 0;
  for (const char* ending : {"", "</w>"}) {
    for (const std::string& character : byte_characters()) vocabulary[character + ending] = id++;
  }
  vocabulary[kStart] = id++;
  vocabulary[kEnd] = id++;
  core::write_json(folder / "vocab.json", vocabulary);
  core::write_file_atomic(folder / "merges.txt", "#version: 0.2\n");
  core::write_json(folder / "tokenizer_config.json", {{"bos_token", kStart},
                                                      {"eos_token", kEnd},
                                                      {"errors", "replace"},
                                                      {"model_max_length", 77},
                                                      {"pad_token", kEnd},
                                                      {"tokenizer_class", "CLIPTokenizer"},
                                                      {"unk_token", kEnd}});
  core::write_json(
      folder / "special_tokens_map.json",
      {{"bos_token", kStart}, {"eos_token", kEnd}, {"pad_token", kEnd}, {"unk_token", kEnd}});
}

}  // namespace ersatz::models
