// The smallest vocabulary of CLIP's tokenizer: every byte is a token and nothing is merged. For
// models with random weights, which need some tokenizer and no trained one.
#pragma once

#include <cstdint>
#include <filesystem>

namespace ersatz::models {

// 256 bytes inside a word, 256 at the end of one, start of text, end of text.
inline constexpr std::int64_t kByteVocabularySize = 514;

// Writes vocab.json, merges.txt (without merges), tokenizer_config.json and
// special_tokens_map.json into `folder`.
void write_byte_vocabulary(const std::filesystem::path& folder);

}  // namespace ersatz::models
