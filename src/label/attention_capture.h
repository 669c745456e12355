// Sums of cross-attention probabilities while images are made.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "models/diffusion/unet_observer.h"

namespace ersatz::label {

struct AttentionCaptureOptions {
  std::int64_t latent_height = 64, latent_width = 64;
  std::int64_t batch = 1;  // images; of a guided batch [uncond; cond] the second half is kept
  bool guided = true;
  bool include_mid_block = false;
  // Text positions whose probabilities are kept, from the first; 0 = all 77. A prompt of n tokens
  // needs n + 2. Memory of a 512x512 image: 0.86 MB for each.
  std::int64_t positions = 0;
};

// Sums cross-attention probabilities over the steps of sampling, per image, layer and head. Give
// it to SamplingRequest::observer. Without synchronising with the device; apart from the sums
// there is working memory for the largest layer, allocated once.
class AttentionCapture : public models::UNetObserver {
 public:
  explicit AttentionCapture(const AttentionCaptureOptions& options);
  ~AttentionCapture() override;

  void on_cross_attention(const models::CrossAttentionCall& call) override;

  struct Layer {
    std::string name;
    std::int64_t height = 0, width = 0;
    std::int64_t factor = 1;  // latent side / map side: 1, 2, 4, 8
    torch::Tensor sum;        // float32 [B, heads, N, L] over the steps so far; not a copy
  };
  // In DAAM's order: up blocks first, then down blocks (then the mid block if included).
  std::vector<Layer> layers() const;
  // Calls of the network so far.
  std::int64_t steps() const;
  std::int64_t latent_height() const;
  std::int64_t latent_width() const;

  // Forgets everything, for the next batch of images.
  void clear();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ersatz::label
