// Trains the UNet and the text encoder of a Stable Diffusion model on cached latents (Rombach et
// al. 2022, section 3.3; Ho et al. 2020, algorithm 1), from scratch or from a model that exists.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "models/diffusion/clip_text.h"
#include "models/diffusion/unet.h"
#include "train/diffusion/latent_cache.h"
#include "train/diffusion/latent_diffusion_step.h"
#include "train/diffusion/latent_diffusion_training.h"
#include "train/training_run.h"

namespace ersatz::train {

// The networks with their averaged weights, to be looked at: they compute with them as long as the
// callback runs.
struct DiffusionSnapshot {
  std::int64_t step = 0;  // updates done
  std::shared_ptr<models::UNet> unet;
  std::shared_ptr<models::ClipText> text_encoder;
};

struct LatentDiffusionRun {
  TrainingRun run;
  // On the CPU: parts into which a batch is divided, over all ranks, each computed on one thread;
  // 0: as many as libtorch has threads on all ranks. Results are bit-identical for equal numbers,
  // by however many ranks they are computed. (On an accelerator each rank computes one part.)
  std::int64_t copies = 0;
  DiffusionStart start;             // its digest belongs to the checkpoints' configuration
  std::int64_t snapshot_every = 0;  // steps; also at the end. 0: never
  std::function<void(const DiffusionSnapshot&)> on_snapshot;
};

struct LatentDiffusionResult {
  std::int64_t steps = 0;
  bool finished = false;          // false when TrainingRun::stop_after ended it
  double loss = 0;                // mean over the last logging interval
  double samples_per_second = 0;  // of this process
};

inline constexpr const char* kUNetWeights = "unet.safetensors";
inline constexpr const char* kTextEncoderWeights = "text_encoder.safetensors";

// When finished, writes the averaged weights, float32, to kUNetWeights and kTextEncoderWeights in
// `folder`, under the parameters' names.
//
// `empty_caption`: the ids of "", of cache.tokens() tokens. `cache_key`: what the cache was opened
// with; a checkpoint of other latents is not continued. Continues from run.checkpoint_folder; on
// the CPU the result is bit-identical to an uninterrupted training with the same number of copies.
// Errors: Error::usage (settings, latents or captions that do not fit the networks, a checkpoint of
// another training), Error::numeric (exit 20) naming the step when the loss or a weight is not
// finite, Error::io; Interrupted after a checkpoint when a signal is pending.
LatentDiffusionResult train_latent_diffusion(const LatentCache& cache, const core::Json& cache_key,
                                             const std::vector<std::int64_t>& empty_caption,
                                             const LatentDiffusionTraining& training,
                                             const LatentDiffusionRun& run,
                                             const std::filesystem::path& folder);

}  // namespace ersatz::train
