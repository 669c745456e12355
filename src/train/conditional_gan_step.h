// The networks, optimisers and random numbers of conditional GAN training, one step at a time.
#pragma once

#include <c10/core/Device.h>
#include <torch/types.h>

#include <cstdint>
#include <filesystem>

#include "models/conditional_gan_discriminator.h"
#include "models/conditional_gan_generator.h"
#include "models/safetensors.h"
#include "train/adam.h"
#include "train/conditional_gan_trainer.h"
#include "train/image_set.h"

namespace ersatz::train {

// Sigmoid cross-entropy of logits [B, 1] with one answer for all, mean over the batch: Keras's
// binary_crossentropy of the probabilities, without its clipping at 1e-7.
torch::Tensor binary_cross_entropy(const torch::Tensor& logits, bool real);

// Scalars on the device of the training.
struct ConditionalGanLosses {
  torch::Tensor discriminator_real, discriminator_fake, generator;
  torch::Tensor accuracy_real, accuracy_fake;
};

class ConditionalGanStep {
 public:
  ConditionalGanStep(const ConditionalGanTraining& training, std::uint64_t seed,
                     const c10::Device& device);

  // Step `step` (0 is the first) with half a batch of real pictures in [-1, 1].
  ConditionalGanLosses update(const ImageSet::Batch& real, std::int64_t step);

  // The pictures of the last update of the generator, [batch, 1, 28, 28].
  const torch::Tensor& generated() const { return generated_; }

  const models::ConditionalGanGenerator& generator() const { return generator_; }
  const models::ConditionalGanDiscriminator& discriminator() const { return discriminator_; }

  // State for checkpoints: the weights, and separately the optimisers' moments (which may overflow
  // to infinity without harm).
  models::NamedTensors weights() const;
  models::NamedTensors moments() const;
  void load(const models::NamedTensors& tensors, std::int64_t step,
            const std::filesystem::path& file);

 private:
  struct Fake {
    torch::Tensor noise, labels;
  };
  // Inputs of the generator for one of the two parts of a step.
  Fake draw(const char* part, std::int64_t rows, std::int64_t step) const;
  void update_discriminator(const torch::Tensor& images, const torch::Tensor& labels, bool real,
                            std::int64_t step, torch::Tensor& loss, torch::Tensor& accuracy);

  ConditionalGanTraining training_;
  std::uint64_t seed_;
  c10::Device device_;
  models::ConditionalGanGenerator generator_;
  models::ConditionalGanDiscriminator discriminator_;
  Adam discriminator_optimiser_, generator_optimiser_;
  torch::Tensor generated_;
};

}  // namespace ersatz::train
