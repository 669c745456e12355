#include "models/diffusion/clip_text.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <optional>
#include <vector>

#include "core/error.h"
#include "models/diffusion/layers/clip_layer.h"
#include "models/diffusion/layers/embedding_table.h"
#include "models/diffusion/layers/norm.h"
#include "models/diffusion/layers/part.h"

namespace ersatz::models {

struct ClipText::Parts {
  std::shared_ptr<EmbeddingTable> tokens, positions;
  std::vector<std::shared_ptr<ClipLayer>> layers;
  std::shared_ptr<LayerNorm> final_norm;
  std::optional<c10::ScalarType> compute_type;
};

ClipText::ClipText(const ClipTextConfig& config)
    : config_(config), parts_(std::make_unique<Parts>()) {
  Parts& parts = *parts_;
  parts.tokens = add_part(*this, "text_model.embeddings.token_embedding",
                          std::make_shared<EmbeddingTable>(config.vocabulary, config.hidden));
  parts.positions = add_part(*this, "text_model.embeddings.position_embedding",
                             std::make_shared<EmbeddingTable>(config.positions, config.hidden));
  for (std::int64_t i = 0; i < config.layers; ++i) {
    parts.layers.push_back(add_part(*this, fmt::format("text_model.encoder.layers.{}", i),
                                    std::make_shared<ClipLayer>(config)));
  }
  parts.final_norm = add_part(*this, "text_model.final_layer_norm",
                              std::make_shared<LayerNorm>(config.hidden, config.norm_epsilon));
}

ClipText::~ClipText() = default;

void ClipText::set_compute_type(c10::ScalarType type) { parts_->compute_type = type; }

torch::Tensor ClipText::token_table() const { return parts_->tokens->table(); }

torch::Tensor ClipText::embed(const torch::Tensor& ids) const {
  bring_in();
  if (ids.numel() > 0) {
    const auto smallest = ids.min().item<std::int64_t>(), largest = ids.max().item<std::int64_t>();
    const std::int64_t size = token_table().size(0);
    if (smallest < 0 || largest >= size) {
      throw core::Error::usage(
          fmt::format("token id {} is outside the text encoder's vocabulary of {}",
                      smallest < 0 ? smallest : largest, size),
          "is the tokenizer the one that belongs to this model?");
    }
  }
  return parts_->tokens->rows(ids, parts_->compute_type);
}

ClipTextOutput ClipText::forward(const torch::Tensor& ids, std::int64_t skip_layers) {
  return forward_embeddings(embed(ids), ids, skip_layers);
}

ClipTextOutput ClipText::forward_embeddings(const torch::Tensor& embeddings,
                                            const torch::Tensor& ids, std::int64_t skip_layers,
                                            const torch::Tensor& seen) {
  TORCH_CHECK(embeddings.dim() == 3 && embeddings.size(2) == config_.hidden && ids.dim() == 2 &&
                  ids.size(0) == embeddings.size(0) && ids.size(1) == embeddings.size(1),
              "ClipText: embeddings must be [B, L, ", config_.hidden, "] for ids [B, L], got ",
              embeddings.sizes(), " for ", ids.sizes());
  const std::int64_t length = embeddings.size(1);
  if (length < 1 || length > config_.positions) {
    throw core::Error::usage(
        fmt::format("{} tokens, the text encoder takes 1 to {}", length, config_.positions));
  }
  if (skip_layers < 0 || skip_layers >= config_.layers) {
    throw core::Error::usage(
        fmt::format("cannot skip {} of the text encoder's {} layers", skip_layers, config_.layers));
  }
  bring_in();
  torch::Tensor x =
      embeddings + parts_->positions->table().slice(0, 0, length).to(embeddings.scalar_type());
  for (std::int64_t i = 0; i < config_.layers - skip_layers; ++i) {
    x = parts_->layers[static_cast<std::size_t>(i)]->forward(std::move(x), seen);
  }
  ClipTextOutput output;
  output.last_hidden = parts_->final_norm->forward(x);
  // The end-of-text token has the largest id of CLIP's vocabulary.
  const torch::Tensor end = ids.argmax(1).to(x.device());
  const torch::Tensor rows = end.view({-1, 1, 1}).expand({-1, 1, config_.hidden});
  output.pooled = output.last_hidden.gather(1, rows).squeeze(1);
  return output;
}

}  // namespace ersatz::models
