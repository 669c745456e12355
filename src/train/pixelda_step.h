// The networks of a PixelDA training with their optimisers, and its two alternating updates.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>

#include "models/pixelda_discriminator.h"
#include "models/pixelda_generator.h"
#include "models/pixelda_task_tower.h"
#include "models/safetensors.h"
#include "train/adam.h"
#include "train/image_set.h"
#include "train/pixelda_trainer.h"

namespace ersatz::train {

class PixelDaStep {
 public:
  PixelDaStep(const PixelDaTraining& training, std::uint64_t seed, const c10::Device& device);

  // Updates discriminator and task towers on one batch; returns the loss (a scalar). The generator
  // normalises with the batch's statistics and does not move its running ones.
  torch::Tensor update_discriminator(const ImageSet::Batch& source, const ImageSet::Batch& target,
                                     std::int64_t step, double learning_rate);

  // Updates the generator on another batch; returns the loss. Of the task losses only that of the
  // transferred images depends on the generator; that of the source images is left out.
  torch::Tensor update_generator(const ImageSet::Batch& source, std::int64_t step,
                                 double learning_rate);

  // Images transferred by the last update of the generator, [B, 1, S, S].
  const torch::Tensor& transferred() const { return transferred_; }
  const models::PixelDaGenerator& generator() const { return generator_; }

  // Weights, running statistics and moments.
  models::NamedTensors weights() const;
  models::NamedTensors moments() const;
  void load(const models::NamedTensors& tensors, std::int64_t step,
            const std::filesystem::path& file);

 private:
  torch::Tensor noise(std::int64_t rows, std::int64_t update) const;
  std::uint64_t key(const char* stream, std::int64_t update) const;

  PixelDaTraining training_;
  std::uint64_t seed_;
  c10::Device device_;
  models::PixelDaGenerator generator_;
  models::PixelDaDiscriminator discriminator_;
  models::PixelDaTaskTower tower_;
  Adam discriminator_optimiser_, generator_optimiser_;
  torch::Tensor transferred_;
};

}  // namespace ersatz::train
