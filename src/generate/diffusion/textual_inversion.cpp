#include "generate/diffusion/textual_inversion.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <cctype>
#include <string_view>
#include <utility>
#include <vector>

#include "core/affix.h"
#include "core/error.h"
#include "core/file_system.h"
#include "models/safetensors.h"
#include "models/weights/torch_writer.h"
#include "models/weights/untrusted_text.h"
#include "models/weights/weights.h"

namespace ersatz::generate {

namespace {

using core::Error;
using models::printable;

constexpr std::string_view kParameters = "string_to_param.";  // A1111 and the original
constexpr std::string_view kTokens = "string_to_token.";
constexpr std::string_view kOnlyVectors = "emb_params";  // a file that does not say the token
// A1111 writes the id that "*" has in CLIP's vocabulary, whatever the model's.
constexpr std::int64_t kStarToken = 265;

// The names of what a file holds, for a message.
std::string listed(const models::NamedTensors& tensors) {
  std::string names;
  std::size_t count = 0;
  for (const auto& [name, tensor] : tensors) {
    if (++count > 5) return names + fmt::format(" and {} more", tensors.size() - 5);
    names += fmt::format("{}'{}'", names.empty() ? "" : ", ", printable(name));
  }
  return names;
}

struct Entry {
  std::string token;  // empty when the file does not say it
  torch::Tensor vectors;
};

// What A1111 calls the embedding; its placeholder is always "*".
std::string stored_name(const models::Weights& weights) {
  const auto name = weights.metadata.find("name");
  return name == weights.metadata.end() || name->second == "None" ? std::string() : name->second;
}

Entry find_entry(const models::Weights& weights) {
  models::NamedTensors parameters, others;
  for (const auto& [name, tensor] : weights.tensors) {
    if (core::starts_with(name, kParameters)) {
      parameters.emplace(name.substr(kParameters.size()), tensor);
    } else if (!core::starts_with(name, kTokens)) {
      others.emplace(name, tensor);
    }
  }
  const models::NamedTensors& candidates = parameters.empty() ? others : parameters;
  if (candidates.empty()) throw Error::untrusted(weights.file, "no embedding in it");
  if (others.count("clip_l") != 0 || others.count("clip_g") != 0) {
    throw Error::untrusted(weights.file,
                           "an embedding for Stable Diffusion XL (clip_l and clip_g), which has "
                           "two text encoders")
        .with_hint("use one that was trained for Stable Diffusion 1.x or 2.x");
  }
  if (candidates.size() > 1) {
    throw Error::untrusted(weights.file, fmt::format("{} tensors where one embedding was expected: "
                                                     "{}",
                                                     candidates.size(), listed(candidates)));
  }
  const auto& [name, tensor] = *candidates.begin();
  const bool unnamed = name == "*" || name == kOnlyVectors;
  return {unnamed ? stored_name(weights) : name, tensor};
}

// [n, d] float32 of its own memory, from [d] or [n, d] of any floating-point type.
torch::Tensor checked_vectors(const Entry& entry, const std::filesystem::path& file) {
  const torch::Tensor& stored = entry.vectors;
  const auto refuse = [&](const std::string& what) {
    throw Error::untrusted(file,
                           fmt::format("the embedding '{}' {}", printable(entry.token), what));
  };
  if (!stored.is_floating_point()) refuse("is not made of floating-point numbers");
  if (stored.dim() < 1 || stored.dim() > 2 || stored.numel() == 0) {
    refuse(fmt::format("has shape [{}], not [width] or [vectors, width]",
                       fmt::join(stored.sizes(), ", ")));
  }
  torch::Tensor vectors = stored.dim() == 1 ? stored.unsqueeze(0) : stored;
  if (vectors.size(0) > kMostVectors) {
    refuse(fmt::format("has {} vectors; a prompt has room for {}", vectors.size(0), kMostVectors));
  }
  vectors = vectors.to(torch::kFloat32, /*non_blocking=*/false, /*copy=*/true).contiguous();
  if (!torch::isfinite(vectors).all().item<bool>()) refuse("has NaN or infinite values");
  return vectors;
}

// Contiguous float32 [n, d] on the CPU.
torch::Tensor plain_vectors(const TextualInversion& embedding) {
  return embedding.vectors.detach().to(torch::kCPU, torch::kFloat32).contiguous();
}

}  // namespace

std::vector<std::string> vector_tokens(const std::string& token, std::int64_t vectors) {
  std::vector<std::string> tokens = {token};
  for (std::int64_t i = 1; i < vectors; ++i) tokens.push_back(fmt::format("{}_{}", token, i));
  return tokens;
}

TextualInversion load_textual_inversion(const std::filesystem::path& path,
                                        const std::string& token) {
  const models::Weights weights = models::open_weights(path);
  Entry entry = find_entry(weights);
  if (entry.token.empty()) entry.token = path.stem().string();
  if (!token.empty()) entry.token = token;
  torch::Tensor vectors = checked_vectors(entry, path);
  return {std::move(entry.token), std::move(vectors)};
}

void save_textual_inversion(const std::filesystem::path& path, const TextualInversion& embedding,
                            const std::map<std::string, std::string>& metadata) {
  const torch::Tensor vectors = plain_vectors(embedding);
  const torch::Tensor stored = vectors.size(0) == 1 ? vectors[0] : vectors;
  models::save_safetensors(path, {{embedding.token, stored.contiguous()}}, metadata);
}

void save_automatic1111_embedding(const std::filesystem::path& path,
                                  const TextualInversion& embedding,
                                  const EmbeddingOrigin& origin) {
  const torch::Tensor vectors = plain_vectors(embedding);
  models::TorchWriter writer;
  const auto text_or_none = [&](const char* key, const std::string& value) {
    writer.text(key);
    value.empty() ? writer.none() : writer.text(value);
  };
  writer.begin_dict();
  writer.text("string_to_token").begin_dict().text("*").integer(kStarToken).end_dict();
  writer.text("string_to_param").begin_dict().text("*");
  writer.tensor(vectors.sizes().vec(), {static_cast<const char*>(vectors.data_ptr()),
                                        static_cast<std::size_t>(vectors.nbytes())});
  writer.end_dict();
  writer.text("name").text(embedding.token).text("step").integer(origin.step);
  text_or_none("sd_checkpoint", origin.checkpoint);
  text_or_none("sd_checkpoint_name", origin.checkpoint_name);
  core::write_file_atomic(path, std::move(writer.end_dict()).finish());
}

std::string embedding_file_stem(const std::string& token) {
  std::string stem;
  for (const char c : token) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_' || byte >= 0x80) {
      stem += c;
    } else if (!stem.empty() && stem.back() != '-') {
      stem += '-';
    }
  }
  while (!stem.empty() && stem.back() == '-') stem.pop_back();
  return stem.empty() ? "embedding" : stem;
}

}  // namespace ersatz::generate
