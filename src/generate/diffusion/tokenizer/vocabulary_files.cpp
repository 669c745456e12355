#include "generate/diffusion/tokenizer/vocabulary_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "core/error.h"
#include "core/file_system.h"
#include "core/json.h"
#include "data/fetch/gunzip.h"
#include "generate/diffusion/tokenizer/byte_alphabet.h"
#include "generate/diffusion/tokenizer/merges_text.h"
#include "generate/diffusion/tokenizer/prompt_normaliser.h"
#include "generate/diffusion/tokenizer/vocabulary_json.h"

namespace ersatz::generate {

namespace {

namespace fs = std::filesystem;
using core::Error;

constexpr std::uint64_t kMaxMergesBytes = std::uint64_t{64} << 20;
constexpr std::uint64_t kMaxSettingsBytes = std::uint64_t{4} << 20;
constexpr std::size_t kMaxSpecialToken = 256;  // bytes; they become part of a regular expression
// Of CLIP's 49,408 tokens 256 are bytes, 256 bytes at the end of a word and two special; the file
// has more merges than are left.
constexpr std::size_t kOpenAiMerges = 49408 - 256 - 256 - 2;

// A special token is written as a string, or as an object with its text in "content".
void read_special(const core::Json& settings, const char* key, const fs::path& file,
                  std::string& token) {
  const auto found = settings.find(key);
  if (found == settings.end() || found->is_null()) return;
  const core::Json* text = &*found;
  if (text->is_object()) {
    const auto content = text->find("content");
    if (content != text->end()) text = &*content;
  }
  if (!text->is_string() || text->get_ref<const std::string&>().empty()) {
    throw Error::untrusted(file, fmt::format("'{}' is not a token", key));
  }
  if (text->get_ref<const std::string&>().size() > kMaxSpecialToken) {
    throw Error::untrusted(file,
                           fmt::format("'{}' is longer than {} bytes", key, kMaxSpecialToken));
  }
  token = text->get<std::string>();
}

core::Json read_settings(const fs::path& file) {
  std::error_code error;
  if (fs::file_size(file, error) > kMaxSettingsBytes && !error) {
    throw Error::untrusted(file, "larger than any tokenizer's settings");
  }
  core::Json settings = core::read_json(file);
  if (!settings.is_object()) throw Error::untrusted(file, "not an object of settings");
  return settings;
}

void refuse_other_tokenizers(const core::Json& settings, const fs::path& file) {
  const auto name = settings.find("tokenizer_class");
  if (name != settings.end() && *name != "CLIPTokenizer" && *name != "CLIPTokenizerFast") {
    throw Error::untrusted(file, fmt::format("tokenizer_class {} is not CLIP's", name->dump()));
  }
  const auto lower = settings.find("do_lower_case");
  if (lower != settings.end() && *lower != true) {
    throw Error::untrusted(file, fmt::format("do_lower_case {} is not CLIP's", lower->dump()));
  }
}

SpecialTokens read_special_tokens(const fs::path& directory) {
  SpecialTokens tokens;
  for (const char* name : {"tokenizer_config.json", "special_tokens_map.json"}) {
    const fs::path file = directory / name;
    if (!fs::exists(file)) continue;
    const core::Json settings = read_settings(file);
    refuse_other_tokenizers(settings, file);
    read_special(settings, "bos_token", file, tokens.begin);
    read_special(settings, "eos_token", file, tokens.end);
    read_special(settings, "pad_token", file, tokens.pad);
    read_special(settings, "unk_token", file, tokens.unknown);
    // These two are looked for in prompts, where nothing is everywhere.
    for (const auto& [key, token] :
         {std::pair{"bos_token", &tokens.begin}, {"eos_token", &tokens.end}}) {
      if (normalise_prompt(*token).empty()) {
        throw Error::untrusted(file, fmt::format("'{}' is blank", key));
      }
    }
  }
  return tokens;
}

}  // namespace

VocabularyFiles read_vocabulary_folder(const fs::path& directory) {
  VocabularyFiles files;
  Vocabulary& vocabulary = files.vocabulary;
  const fs::path tokens = directory / "vocab.json";
  for (const std::string& token : in_order_of_ids(read_token_ids(tokens), 0, tokens)) {
    vocabulary.append(token);
  }
  const fs::path merges = directory / "merges.txt";
  parse_merges(
      core::read_file(merges, kMaxMergesBytes), merges, std::numeric_limits<std::size_t>::max(),
      [&](const std::string& token) { return vocabulary.find(token); }, vocabulary);
  files.special = read_special_tokens(directory);
  for (const std::string* token :
       {&files.special.begin, &files.special.end, &files.special.pad, &files.special.unknown}) {
    if (vocabulary.find(*token) < 0) {
      throw Error::untrusted(tokens,
                             fmt::format("special token {} is not in it", json_quoted(*token)));
    }
  }
  const fs::path added = directory / "added_tokens.json";
  if (fs::exists(added)) {
    TokenIds entries = read_token_ids(added);
    // Some files repeat tokens of the vocabulary.
    entries.erase(std::remove_if(entries.begin(), entries.end(),
                                 [&](const auto& entry) {
                                   return vocabulary.find(entry.first) == entry.second;
                                 }),
                  entries.end());
    files.added = in_order_of_ids(std::move(entries),
                                  static_cast<std::int64_t>(vocabulary.tokens.size()), added);
  }
  return files;
}

VocabularyFiles read_openai_vocabulary(const fs::path& file) {
  if (!fs::exists(file)) {
    throw Error::missing(fmt::format("no CLIP vocabulary at {}", file.string()));
  }
  std::string text;
  const data::ByteSink sink = [&](const std::uint8_t* bytes, std::size_t size) {
    if (text.size() + size > kMaxMergesBytes) {
      throw Error::untrusted(file, "larger than any vocabulary");
    }
    text.append(reinterpret_cast<const char*>(bytes), size);
  };
  if (data::is_gzip(file)) {
    data::gunzip(file, kMaxMergesBytes, sink);
  } else {
    data::read_plain(file, sink);
  }

  VocabularyFiles files;
  Vocabulary& vocabulary = files.vocabulary;
  for (const std::string_view suffix : {std::string_view(), kEndOfWord}) {
    for (const unsigned char byte : bytes_in_clip_order()) {
      vocabulary.append(byte_characters()[byte] + std::string(suffix));
    }
  }
  parse_merges(
      text, file, kOpenAiMerges,
      [&](const std::string& token) {
        return vocabulary.append(token) ? vocabulary.find(token) : -1;
      },
      vocabulary);
  for (const std::string* token : {&files.special.begin, &files.special.end}) {
    if (!vocabulary.append(*token)) {
      throw Error::untrusted(file, fmt::format("{} is a merged token in it", json_quoted(*token)));
    }
  }
  return files;
}

}  // namespace ersatz::generate
