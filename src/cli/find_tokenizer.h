// The tokenizer that a user means by a model's folder, a tokenizer's folder, or CLIP's own file.
#pragma once

#include <string>

#include "generate/diffusion/tokenizer/clip_tokenizer.h"

namespace ersatz::cli {

// `model`: a model in diffusers' layout, or a tokenizer's folder; used when `vocabulary`, CLIP's
// bpe_simple_vocab_16e6.txt.gz, is empty. Error::usage when both are, or the model is a single
// file; Error::missing when there is none.
generate::ClipTokenizer find_tokenizer(const std::string& model, const std::string& vocabulary);

}  // namespace ersatz::cli
