// CLIP's vocabulary from its two published forms.
#pragma once

#include <filesystem>
#include <string>

#include "generate/diffusion/tokenizer/vocabulary.h"

namespace ersatz::generate {

struct SpecialTokens {
  std::string begin = "<|startoftext|>";
  std::string end = "<|endoftext|>";
  std::string pad = "<|endoftext|>";
  std::string unknown = "<|endoftext|>";
};

struct VocabularyFiles {
  Vocabulary vocabulary;
  SpecialTokens special;
  std::vector<std::string> added;  // added_tokens.json: their ids follow the vocabulary's
};

// A transformers folder: vocab.json, merges.txt and, where present, added_tokens.json,
// tokenizer_config.json and special_tokens_map.json (which has the last word on special tokens).
// Error::missing / Error::untrusted; also for a tokenizer that is not CLIP's.
VocabularyFiles read_vocabulary_folder(const std::filesystem::path& directory);

// bpe_simple_vocab_16e6.txt, packed or not: the first 48,894 merges; the bytes, the bytes at the
// end of a word and the merged tokens are numbered in this order, then BOS and EOS.
VocabularyFiles read_openai_vocabulary(const std::filesystem::path& file);

}  // namespace ersatz::generate
