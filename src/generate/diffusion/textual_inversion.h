// Learned token embeddings (Gal et al. 2022) in every published file format.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace ersatz::generate {

struct TextualInversion {
  std::string token;      // "<cat-toy>"
  torch::Tensor vectors;  // float32 [n, hidden], n >= 1
};

inline constexpr std::int64_t kMostVectors = 75;  // what fits between BOS and EOS

// The tokens that stand for the vectors one by one: "<x>", "<x>_1", "<x>_2", ... as in diffusers.
std::vector<std::string> vector_tokens(const std::string& token, std::int64_t vectors);

// Reads diffusers' learned_embeds (.bin, .safetensors: one entry {token: [d] or [n, d]}),
// AUTOMATIC1111's .pt (string_to_param, name), the original .pt (string_to_token,
// string_to_param), safetensors with `emb_params`, and plain {"<token>": [d]}. `token` replaces
// the file's own name ("*" is none: then the file's stem is used). Error::untrusted otherwise.
TextualInversion load_textual_inversion(const std::filesystem::path& path,
                                        const std::string& token = {});

// Writes diffusers' format (safetensors): [d] for one vector, [n, d] for more.
void save_textual_inversion(const std::filesystem::path& path, const TextualInversion& embedding,
                            const std::map<std::string, std::string>& metadata = {});

// What AUTOMATIC1111's file says beside the vectors.
struct EmbeddingOrigin {
  std::int64_t step = 0;        // updates it was trained for
  std::string checkpoint;       // digest of the model; empty: not known
  std::string checkpoint_name;  // its name; empty: not known
};

// Writes AUTOMATIC1111's format (.pt): vectors [n, d] under string_to_param["*"], and the token as
// `name`, by which load_textual_inversion knows it again. That program itself calls an embedding by
// the name of its file.
void save_automatic1111_embedding(const std::filesystem::path& path,
                                  const TextualInversion& embedding,
                                  const EmbeddingOrigin& origin = {});

// A file name, without extension, that says the token: "cat-toy" for "<cat-toy>".
std::string embedding_file_stem(const std::string& token);

}  // namespace ersatz::generate
