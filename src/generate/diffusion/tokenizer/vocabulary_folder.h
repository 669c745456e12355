// Writes a vocabulary as the folder that read_vocabulary_folder (and transformers' CLIPTokenizer)
// reads.
#pragma once

#include <cstdint>
#include <filesystem>

#include "generate/diffusion/tokenizer/vocabulary.h"

namespace ersatz::generate {

// vocab.json, merges.txt, tokenizer_config.json, special_tokens_map.json in `folder`, which is
// created. `vocabulary` has CLIP's special tokens (SpecialTokens; Error::internal otherwise).
// `max_length`: of the text encoder's prompts, with BOS and EOS.
void write_vocabulary_folder(const std::filesystem::path& folder, const Vocabulary& vocabulary,
                             std::int64_t max_length = 77);

}  // namespace ersatz::generate
