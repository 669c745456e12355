// What a fine-tuning trains, with its optimiser, and the update of one step.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "compute/thread_team.h"
#include "generate/diffusion/schedulers/noise_training.h"
#include "models/diffusion/lora_layers.h"
#include "models/diffusion/stable_diffusion.h"
#include "models/safetensors.h"
#include "train/adamw.h"
#include "train/diffusion/batch_share.h"
#include "train/fine_tuning/fine_tuning_batches.h"
#include "train/fine_tuning/fine_tuning_training.h"

namespace ersatz::train {

// Scalars on the device.
struct FineTuningLosses {
  torch::Tensor total;     // instance + prior weight * prior
  torch::Tensor instance;  // means over the samples of the step
  torch::Tensor prior;     // undefined without prior preservation
};

class FineTuningStep {
 public:
  // As long as this lives, the model's networks compute with what is learned. DreamBooth trains
  // their own weights, which get memory of their own in float32; afterwards they are what was
  // learned. A LoRA is beside them and goes with this. This rank's parts of a batch are computed
  // side by side, each on one thread, when there are several parts (CPU).
  FineTuningStep(models::StableDiffusion& model, const LatentCache& instance,
                 const LatentCache* prior, const std::vector<std::int64_t>& empty_caption,
                 const FineTuningTraining& training, std::uint64_t seed, const BatchShare& share);
  ~FineTuningStep();
  FineTuningStep(const FineTuningStep&) = delete;
  FineTuningStep& operator=(const FineTuningStep&) = delete;

  // The gradient of all samples of step `step` (0 is the first), clipped; AdamW. The device is not
  // waited for.
  FineTuningLosses update(std::int64_t step, double learning_rate);

  // What is trained: "unet/<name>" and "text_encoder/<name>" of weights, or of a LoRA's factors.
  const models::NamedTensors& trained() const { return trained_; }
  // The LoRA as a file would hold it; empty for DreamBooth.
  std::vector<models::LoraFactor> factors() const;

  // What is trained and the moments of the optimiser: for checkpoints.
  models::NamedTensors state() const;
  void load(const models::NamedTensors& tensors, std::int64_t step,
            const std::filesystem::path& file);

 private:
  struct Part {
    torch::Tensor instance, prior;
    std::vector<torch::Tensor> gradients;  // in the order of leaves_; undefined where there is none
  };
  Part sum_of_ranks(std::vector<Part>& parts) const;
  Part part_of(std::int64_t step, std::int64_t copy);
  void train_weights();
  void bring_in() const;

  models::StableDiffusion& model_;
  FineTuningTraining training_;
  BatchShare share_;
  compute::PartRange own_parts_;
  c10::ScalarType type_;
  generate::TrainingNoise noise_;
  bool prior_;
  std::vector<std::unique_ptr<FineTuningBatches>> batches_;  // one for each copy
  std::unique_ptr<compute::ThreadTeam> threads_;  // none for a copy that has all threads
  int blas_threads_ = 0;                          // before this changed them; 0: it did not
  std::unique_ptr<models::LoraLayers> lora_;                 // none for DreamBooth
  models::NamedTensors trained_;
  std::vector<torch::Tensor> leaves_;
  std::unique_ptr<AdamW> optimiser_;
};

}  // namespace ersatz::train
