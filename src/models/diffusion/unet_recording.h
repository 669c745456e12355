// The calls of a UNet without gradients on a GPU, recorded by shape and replayed in one launch each
// (compute/recorded_call.h).
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "compute/recorded_call.h"
#include "models/diffusion/cross_attention_cache.h"

namespace ersatz::models {

class UNetRecording {
 public:
  using Forward = std::function<torch::Tensor(
      const torch::Tensor& sample, const torch::Tensor& timesteps, const CrossAttentionCache&)>;

  // The answer of `forward` to these inputs. The first call with a shape is computed as it is, the
  // second is recorded, later ones are replayed. When the `weights` have moved in memory,
  // recordings are forgotten. What cannot be recorded is computed, with a warning.
  torch::Tensor forward(const torch::Tensor& sample, const torch::Tensor& timesteps,
                        const CrossAttentionCache& cache, const std::vector<torch::Tensor>& weights,
                        const Forward& forward);

 private:
  struct Recording {
    std::vector<std::int64_t> shape;
    torch::Tensor sample, timesteps;  // where the recorded launches read
    CrossAttentionCache cache;
    CrossAttentionCache copied;  // whose content is in `cache`; kept, so that it stays what it is
    std::unique_ptr<compute::RecordedCall> call;
  };

  void record(Recording& recording, const torch::Tensor& sample, const torch::Tensor& timesteps,
              const CrossAttentionCache& cache, const Forward& forward) const;

  bool moved(const std::vector<torch::Tensor>& weights);

  std::vector<const void*> places_;    // of the weights
  std::vector<Recording> recordings_;  // the latest used last
  bool impossible_ = false;
};

}  // namespace ersatz::models
