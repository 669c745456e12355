// CLIP's text encoder (Radford et al. 2021), as transformers' CLIPTextModel.
#pragma once

#include <torch/types.h>

#include <memory>

#include "models/diffusion/clip_text_config.h"
#include "models/diffusion/stored_network.h"

namespace ersatz::models {

struct ClipTextOutput {
  torch::Tensor last_hidden;  // [B, L, hidden] after the final layer norm: what the UNet is given
  torch::Tensor pooled;       // [B, hidden]: the row at the largest token id
};

class ClipText : public StoredNetwork {
 public:
  // Parameters are allocated but not initialised. Names are those of diffusers' text_encoder
  // files: "text_model.embeddings.token_embedding.weight", ...
  explicit ClipText(const ClipTextConfig& config);
  ~ClipText() override;

  // ids int64 [B, L], L <= positions. Error::usage for ids outside the vocabulary.
  // `skip_layers` > 0 leaves out the last layers (CLIP skip); the final norm still applies.
  ClipTextOutput forward(const torch::Tensor& ids, std::int64_t skip_layers = 0);

  // The same from token embeddings [B, L, hidden] (without positions) that the caller assembled:
  // textual inversion puts its own vectors there. `ids` only locate the pooled row. `seen` bool
  // [B, L] is transformers' attention_mask: false hides a token from the others (never the first).
  ClipTextOutput forward_embeddings(const torch::Tensor& embeddings, const torch::Tensor& ids,
                                    std::int64_t skip_layers = 0, const torch::Tensor& seen = {});

  // Rows of the token embedding table for ids of any shape: [..., hidden].
  torch::Tensor embed(const torch::Tensor& ids) const;
  torch::Tensor token_table() const;  // [vocabulary, hidden], the parameter itself

  // The type that prompts are computed in, when it is not the one the token table is kept in.
  void set_compute_type(c10::ScalarType type);

  const ClipTextConfig& config() const { return config_; }

 private:
  struct Parts;
  ClipTextConfig config_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace ersatz::models
