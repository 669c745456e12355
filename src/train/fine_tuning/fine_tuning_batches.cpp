#include "train/fine_tuning/fine_tuning_batches.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/types.h>

#include "core/error.h"
#include "core/philox.h"

namespace ersatz::train {

namespace {

DiffusionBatchOptions batch_options(std::int64_t step_size, std::int64_t timesteps) {
  DiffusionBatchOptions options;
  options.step_size = step_size;
  options.timesteps = timesteps;
  options.caption_dropout = 0;
  return options;
}

void require_alike(const LatentCache& instance, const LatentCache& prior) {
  if (instance.shape() == prior.shape() && instance.tokens() == prior.tokens()) return;
  throw core::Error::usage(fmt::format(
      "class pictures with latents [{}] and captions of {} tokens for pictures with [{}] and {}",
      fmt::join(prior.shape(), ", "), prior.tokens(), fmt::join(instance.shape(), ", "),
      instance.tokens()));
}

}  // namespace

FineTuningBatches::FineTuningBatches(const LatentCache& instance, const LatentCache* prior,
                                     const std::vector<std::int64_t>& empty_caption,
                                     std::int64_t step_size, std::int64_t timesteps,
                                     std::uint64_t seed)
    : instance_(instance, empty_caption, batch_options(step_size, timesteps), seed) {
  if (prior == nullptr) return;
  require_alike(instance, *prior);
  // Of its own, so that noise and timesteps are not the instance's again.
  prior_ =
      std::make_unique<DiffusionBatches>(*prior, empty_caption, batch_options(step_size, timesteps),
                                         core::stream_seed(seed, "class pictures"));
}

DiffusionBatch FineTuningBatches::batch(std::int64_t step, std::int64_t first, std::int64_t count) {
  DiffusionBatch own = instance_.batch(step, first, count);
  if (!prior_) return own;
  const DiffusionBatch other = prior_->batch(step, first, count);
  return {torch::cat({own.latents, other.latents}), torch::cat({own.noise, other.noise}),
          torch::cat({own.timesteps, other.timesteps}), torch::cat({own.ids, other.ids})};
}

}  // namespace ersatz::train
