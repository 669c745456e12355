// What a diffusion model is shown at every step, as a pure function of the seed and the sample's
// number: nothing has to be stored to resume, and a batch may be divided between devices or rounds
// of accumulation without changing it.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "train/diffusion/latent_cache.h"
#include "train/epoch_sampler.h"

namespace ersatz::train {

struct DiffusionBatch {
  torch::Tensor latents;    // float32 [B, C, h, w]: a sample of the encoder's Gaussian, scaled
  torch::Tensor noise;      // float32 [B, C, h, w], standard normal
  torch::Tensor timesteps;  // int64 [B]
  torch::Tensor ids;        // int64 [B, L]
};

enum class TimestepSampling {
  kUniform,     // independent for every sample (Ho et al. 2020, algorithm 1)
  kStratified,  // one in each of as many equal parts as the step has samples, in random order:
                // uniform for every sample, less noise between steps (Kingma et al. 2021, I.1)
};

// "uniform", "stratified"; Error::unknown otherwise.
TimestepSampling parse_timestep_sampling(std::string_view text);
std::string_view timestep_sampling_name(TimestepSampling sampling);

struct DiffusionBatchOptions {
  std::int64_t step_size = 32;  // samples of one step
  std::int64_t timesteps = 1000;
  TimestepSampling sampling = TimestepSampling::kUniform;
  // Share of samples with the empty caption, for classifier-free guidance (Ho & Salimans 2022).
  double caption_dropout = 0.1;
};

class DiffusionBatches {
 public:
  // `cache` must outlive this. `empty_caption`: ids of "", as many as the cache's captions have.
  // Pictures come in a new permutation in every epoch (EpochSampler); mirrored, where the cache
  // has the mirror image, with probability 1/2; captions of a picture are equally likely.
  DiffusionBatches(const LatentCache& cache, std::vector<std::int64_t> empty_caption,
                   const DiffusionBatchOptions& options, std::uint64_t seed);

  // Samples [first, first + count) of step `step` (0 is the first), on the CPU.
  DiffusionBatch batch(std::int64_t step, std::int64_t first, std::int64_t count);

 private:
  struct Choice {
    std::int64_t picture, caption, timestep;
    bool empty_caption, mirrored;
  };
  Choice choose(std::int64_t sample, std::int64_t picture, double stratum) const;
  std::vector<double> strata(std::int64_t step) const;

  const LatentCache& cache_;
  std::vector<std::int64_t> empty_caption_;
  DiffusionBatchOptions options_;
  std::uint64_t seed_;
  EpochSampler order_;
};

}  // namespace ersatz::train
