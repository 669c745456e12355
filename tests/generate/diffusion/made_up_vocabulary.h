// A small byte-level vocabulary of our own, in the files that CLIP tokenizers come in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ersatz::test {

// "l o", "lo w</w>", ...: what the words low, lower, new, cat, photo are merged by.
const std::vector<std::string>& made_up_merges();

// Writes vocab.json, merges.txt, tokenizer_config.json and special_tokens_map.json: 256 bytes, 256
// bytes at the end of a word, the merged tokens, BOS, EOS.
void write_made_up_tokenizer(const std::filesystem::path& directory,
                             const std::string& pad = "<|endoftext|>");

// Number of tokens in it.
std::int64_t made_up_size();

}  // namespace ersatz::test
