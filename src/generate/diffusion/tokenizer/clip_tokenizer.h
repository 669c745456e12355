// CLIP's byte-level BPE tokenizer, equal to transformers' CLIPTokenizerFast: NFC, white space
// collapsed, lower-cased, split by CLIP's pattern, merged by rank. Free of libtorch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ersatz::generate {

struct TokenizedPrompt {
  std::vector<std::int64_t> ids;  // with BOS and EOS; not padded
  // What did not fit: the text of the tokens cut off; empty when nothing was. The caller warns.
  std::string truncated;
};

class ClipTokenizer {
 public:
  // `directory` holds vocab.json, merges.txt and, if present, tokenizer_config.json and
  // special_tokens_map.json. Error::missing / Error::untrusted naming file and line.
  static ClipTokenizer load(const std::filesystem::path& directory);
  // From CLIP's own vocabulary file, bpe_simple_vocab_16e6.txt.gz (or unpacked).
  static ClipTokenizer load_openai(const std::filesystem::path& file);
  ~ClipTokenizer();
  ClipTokenizer(ClipTokenizer&&) noexcept;
  ClipTokenizer& operator=(ClipTokenizer&&) noexcept;

  // Adds a word that is one id wherever it stands in a prompt (textual inversion, "<cat-toy>");
  // returns the new id. It is found in normalised text, so in any case. Error::usage when it is
  // blank or exists already.
  std::int64_t add_token(const std::string& text);
  // Whether a token of this text (upper or lower case) exists.
  bool contains(const std::string& text) const;

  // Token ids without BOS and EOS, not cut. Error::usage when `text` is not UTF-8. BOS, EOS, a
  // pad token of its own (Stable Diffusion 2: "!") and added tokens are recognised where they are
  // written in the text. Safe to call from several threads.
  std::vector<std::int64_t> encode(std::string_view text) const;
  // BOS + ids + EOS cut to `length` tokens: the first length - 1, then EOS.
  TokenizedPrompt tokenize(std::string_view text, std::int64_t length = 77) const;
  // The same padded to exactly `length` with the pad token.
  TokenizedPrompt tokenize_padded(std::string_view text, std::int64_t length = 77) const;
  // BOS + ids + EOS, cut to `length` as above: for ids that were put together by the caller.
  TokenizedPrompt frame(std::vector<std::int64_t> ids, std::int64_t length = 77) const;
  // Text of the ids, as transformers' decode (special tokens kept).
  std::string decode(const std::vector<std::int64_t>& ids) const;
  // The vocabulary's spelling of an id ("dog</w>").
  const std::string& token(std::int64_t id) const;

  std::int64_t size() const;  // ids are 0 .. size - 1
  std::int64_t bos() const;
  std::int64_t eos() const;
  std::int64_t pad() const;

 private:
  struct State;
  explicit ClipTokenizer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ersatz::generate
