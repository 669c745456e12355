// What a fine-tuning is shown at every step: pictures of the instance and, for prior preservation,
// as many of its class. A pure function of the seed and the sample's number, as DiffusionBatches.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "train/diffusion/diffusion_batches.h"
#include "train/diffusion/latent_cache.h"

namespace ersatz::train {

class FineTuningBatches {
 public:
  // The caches must outlive this; `prior` is null without prior preservation. `step_size`: pictures
  // of one step, and as many of the class. No caption is left out. Error::usage when the latents or
  // captions of the two differ in size.
  FineTuningBatches(const LatentCache& instance, const LatentCache* prior,
                    const std::vector<std::int64_t>& empty_caption, std::int64_t step_size,
                    std::int64_t timesteps, std::uint64_t seed);

  // Samples [first, first + count) of step `step` (0 is the first), on the CPU: `count` of the
  // instance and then, with prior preservation, `count` of the class.
  DiffusionBatch batch(std::int64_t step, std::int64_t first, std::int64_t count);

 private:
  DiffusionBatches instance_;
  std::unique_ptr<DiffusionBatches> prior_;
};

}  // namespace ersatz::train
