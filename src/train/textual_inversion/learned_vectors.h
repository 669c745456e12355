// The vectors of a new word with their optimiser, and the update of one step.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "compute/thread_team.h"
#include "generate/diffusion/schedulers/noise_training.h"
#include "models/diffusion/stable_diffusion.h"
#include "models/safetensors.h"
#include "train/adamw.h"
#include "train/diffusion/diffusion_batches.h"
#include "train/textual_inversion/placeholder.h"
#include "train/textual_inversion/textual_inversion_training.h"

namespace ersatz::train {

inline constexpr std::int64_t kFixedSamples = 64;

class LearnedVectors {
 public:
  // `cache` holds the prompts with the placeholder in them, `empty_caption` the ids of "".
  // `copies` > 1: so many parts of a batch are computed side by side, each on one thread (CPU); the
  // networks are shared, since nothing in them changes.
  LearnedVectors(const models::StableDiffusion& model, const LatentCache& cache,
                 const std::vector<std::int64_t>& empty_caption, Placeholder placeholder,
                 const TextualInversionTraining& training, std::uint64_t seed, std::int64_t copies);

  // The gradient of all samples of step `step` (0 is the first), then AdamW. Returns the loss, a
  // scalar on the device, which is not waited for.
  torch::Tensor update(std::int64_t step, double learning_rate);

  // The loss of kFixedSamples samples that are the same at every step, at evenly spread timesteps:
  // unlike the loss of a step, it can be compared with that of another step. Waits for the device.
  double fixed_loss() const;

  // float32 [n, hidden]: a copy on the CPU.
  torch::Tensor vectors() const;
  // Mean over the vectors of their length, and of how far each is from where it began.
  double length() const;
  double distance() const;

  // The vectors and the moments of the optimiser: for checkpoints.
  models::NamedTensors state() const;
  void load(const models::NamedTensors& tensors, std::int64_t step,
            const std::filesystem::path& file);

 private:
  struct Part {
    torch::Tensor loss, gradient;
  };
  Part part_of(std::int64_t step, std::int64_t copy);
  void bring_in() const;
  DiffusionBatch on_device(DiffusionBatch batch) const;

  const models::StableDiffusion& model_;
  Placeholder placeholder_;
  TextualInversionTraining training_;
  generate::TrainingNoise noise_;
  std::vector<std::unique_ptr<DiffusionBatches>> batches_;  // one for each copy
  std::unique_ptr<DiffusionBatches> fixed_;
  std::unique_ptr<compute::ThreadTeam> threads_;  // none for a single copy
  torch::Tensor begin_, vectors_;
  std::unique_ptr<AdamW> optimiser_;
};

}  // namespace ersatz::train
