// The networks of a latent diffusion training with their optimiser and moving average, and the
// update of one step.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <future>
#include <memory>
#include <vector>

#include "generate/diffusion/schedulers/noise_training.h"
#include "models/diffusion/clip_text.h"
#include "models/diffusion/unet.h"
#include "models/safetensors.h"
#include "train/adamw.h"
#include "train/diffusion/batch_share.h"
#include "train/diffusion/diffusion_batches.h"
#include "train/diffusion/latent_diffusion_training.h"
#include "train/ema.h"
#include "train/gradient_team.h"

namespace ersatz::train {

// Networks whose weights a training begins with, in place of random ones; both or none. They stay
// as they are.
struct DiffusionStart {
  std::shared_ptr<const models::UNet> unet;
  std::shared_ptr<const models::ClipText> text_encoder;

  explicit operator bool() const { return unet != nullptr; }
};

class LatentDiffusionStep {
 public:
  // This rank's parts of a batch are computed side by side, each on one thread, when there are
  // several parts (CPU); on an accelerator a rank has exactly one. Error::usage naming what differs
  // when `start` has other networks than `training` asks for.
  LatentDiffusionStep(const LatentDiffusionTraining& training, const LatentCache& cache,
                      const std::vector<std::int64_t>& empty_caption, std::uint64_t seed,
                      const c10::Device& device, const BatchShare& share,
                      const DiffusionStart& start = {});

  // Gradients of all samples of step `step` (0 is the first), clipped; AdamW; the moving average.
  // Returns the loss, a scalar on the device, which is not waited for.
  torch::Tensor update(std::int64_t step, double learning_rate);

  const std::shared_ptr<models::UNet>& unet() const { return networks_.front().unet; }
  const std::shared_ptr<models::ClipText>& text_encoder() const { return networks_.front().text; }
  Ema& averages() { return *ema_; }

  // Weights, their averages, moments of the optimiser: for checkpoints.
  models::NamedTensors state() const;
  void load(const models::NamedTensors& tensors, std::int64_t step,
            const std::filesystem::path& file);
  // The averaged weights of one network under its own names: "unet" or "text_encoder".
  models::NamedTensors averaged(const std::string& network) const;

 private:
  struct Networks {
    std::shared_ptr<models::UNet> unet;
    std::shared_ptr<models::ClipText> text;
    std::unique_ptr<DiffusionBatches> batches;
  };

  // `range` of a step's round, counted within it. For an accelerator the next round's are made
  // meanwhile, by another thread.
  DiffusionBatch batch_of(Networks& networks, std::int64_t step, std::int64_t round,
                          const compute::PartRange& range);
  torch::Tensor loss_of(Networks& networks, const DiffusionBatch& batch) const;
  models::NamedTensors parameters() const;

  LatentDiffusionTraining training_;
  BatchShare share_;
  compute::PartRange own_parts_;
  c10::Device device_;
  c10::ScalarType type_;
  generate::TrainingNoise noise_;
  std::vector<Networks> networks_;
  std::unique_ptr<GradientTeam> team_;
  std::unique_ptr<AdamW> optimiser_;
  std::unique_ptr<Ema> ema_;
  std::pair<std::int64_t, std::int64_t> next_round_{-1, -1};  // step and round of `next_`
  std::future<DiffusionBatch> next_;  // the last member: waited for before its sources go
};

}  // namespace ersatz::train
