// Learned token embeddings (Gal et al. 2022) in every published file format.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <map>
#include <string>

namespace ersatz::generate {

struct TextualInversion {
  std::string token;      // "<cat-toy>"
  torch::Tensor vectors;  // float32 [n, hidden], n >= 1
};

// Reads diffusers' learned_embeds (.bin, .safetensors: one entry {token: [d] or [n, d]}),
// AUTOMATIC1111's .pt (string_to_param, name), the original .pt (string_to_token,
// string_to_param), safetensors with `emb_params`, and plain {"<token>": [d]}. `token` replaces
// the file's own name ("*" is none: then the file's stem is used). Error::untrusted otherwise.
TextualInversion load_textual_inversion(const std::filesystem::path& path,
                                        const std::string& token = {});

// Writes diffusers' format (safetensors): [d] for one vector, [n, d] for more.
void save_textual_inversion(const std::filesystem::path& path, const TextualInversion& embedding,
                            const std::map<std::string, std::string>& metadata = {});

}  // namespace ersatz::generate
