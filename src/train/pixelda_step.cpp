#include "train/pixelda_step.h"

#include <torch/autograd.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <array>

#include "compute/random_rows.h"
#include "compute/to_device.h"
#include "compute/torch_shim.h"
#include "core/philox.h"
#include "models/module_state.h"
#include "train/frozen.h"
#include "train/network_on_device.h"
#include "train/pixelda_losses.h"

namespace ersatz::train {

namespace {

using models::Statistics;
using models::TaskDomain;

constexpr const char* kGenerator = "generator/";
constexpr const char* kDiscriminator = "discriminator/";
constexpr const char* kTower = "task/";
constexpr const char* kGeneratorMoments = "adam-generator/";
constexpr const char* kDiscriminatorMoments = "adam-discriminator/";

// Weight decay applies to matrices and kernels, as the reference implementation's regularisers do.
void add_parameters(std::vector<AdamParameter>& list, const torch::nn::Module& module,
                    const std::string& prefix) {
  compute::for_each_parameter(module, [&](const std::string& name, const torch::Tensor& tensor) {
    list.push_back({prefix + name, tensor, tensor.dim() > 1});
  });
}

AdamOptions adam_options(const PixelDaTraining& training) {
  AdamOptions options;
  options.beta1 = training.beta1;
  options.beta2 = training.beta2;
  options.weight_decay = training.weight_decay;
  options.clip = training.gradient_clip > 0 ? ClipMode::kPerTensor : ClipMode::kNone;
  options.clip_norm = training.gradient_clip;
  return options;
}

Adam generator_optimiser(const models::PixelDaGenerator& generator,
                         const PixelDaTraining& training) {
  std::vector<AdamParameter> parameters;
  add_parameters(parameters, generator, kGenerator);
  return Adam(std::move(parameters), adam_options(training));
}

Adam discriminator_optimiser(const models::PixelDaDiscriminator& discriminator,
                             const models::PixelDaTaskTower& tower,
                             const PixelDaTraining& training) {
  std::vector<AdamParameter> parameters;
  add_parameters(parameters, discriminator, kDiscriminator);
  add_parameters(parameters, tower, kTower);
  return Adam(std::move(parameters), adam_options(training));
}

}  // namespace

PixelDaStep::PixelDaStep(const PixelDaTraining& training, std::uint64_t seed,
                         const c10::Device& device)
    : training_(training),
      seed_(seed),
      device_(device),
      generator_(on_device(models::PixelDaGenerator(training.network, seed), device)),
      discriminator_(on_device(models::PixelDaDiscriminator(training.network, seed), device)),
      tower_(on_device(models::PixelDaTaskTower(training.network, seed), device)),
      discriminator_optimiser_(discriminator_optimiser(discriminator_, tower_, training)),
      generator_optimiser_(generator_optimiser(generator_, training)) {}

// Updates are numbered 2 * step (discriminator) and 2 * step + 1 (generator).
torch::Tensor PixelDaStep::noise(std::int64_t rows, std::int64_t update) const {
  return compute::to_device(
      compute::uniform_rows(rows, {training_.network.noise_dimensions}, -1.0F, 1.0F, seed_,
                            "pixelda/noise", static_cast<std::uint64_t>(update * rows)),
      device_);
}

std::uint64_t PixelDaStep::key(const char* stream, std::int64_t update) const {
  return core::stream_seed(seed_, stream, static_cast<std::uint64_t>(update));
}

torch::Tensor PixelDaStep::update_discriminator(const ImageSet::Batch& source,
                                                const ImageSet::Batch& target, std::int64_t step,
                                                double learning_rate) {
  const std::int64_t update = 2 * step;
  torch::Tensor fake;
  {
    const torch::NoGradGuard no_grad;
    fake =
        generator_.forward(source.images, noise(source.images.size(0), update), Statistics::kBatch);
  }
  const torch::Tensor fake_logits =
      discriminator_.forward(fake, key("pixelda/discriminator/fake", update));
  const torch::Tensor real_logits =
      discriminator_.forward(target.images, key("pixelda/discriminator/real", update));
  const torch::Tensor source_task = task_loss(
      tower_.forward(source.images, TaskDomain::kSource, key("pixelda/task/source", update)),
      source.labels);
  const torch::Tensor fake_task = task_loss(
      tower_.forward(fake, TaskDomain::kTransferred, key("pixelda/task/transferred", update)),
      source.labels);
  const torch::Tensor loss = training_.domain_weight * domain_loss(real_logits, fake_logits) +
                             training_.source_task_weight * source_task +
                             training_.transferred_task_weight * fake_task;
  loss.backward();
  discriminator_optimiser_.step(learning_rate);
  return loss.detach();
}

torch::Tensor PixelDaStep::update_generator(const ImageSet::Batch& source, std::int64_t step,
                                            double learning_rate) {
  const std::int64_t update = 2 * step + 1;
  const Frozen frozen_discriminator(discriminator_), frozen_tower(tower_);
  const torch::Tensor fake = generator_.forward(source.images, noise(source.images.size(0), update),
                                                Statistics::kBatchAndUpdate);
  const torch::Tensor logits =
      discriminator_.forward(fake, key("pixelda/discriminator/fake", update));
  const torch::Tensor task = task_loss(
      tower_.forward(fake, TaskDomain::kTransferred, key("pixelda/task/transferred", update)),
      source.labels);
  torch::Tensor loss = training_.style_weight * fooling_loss(logits) +
                       training_.generator_task_weight * training_.transferred_task_weight * task;
  if (training_.similarity_weight > 0) {
    loss = loss + training_.similarity_weight * pairwise_squared_error(fake, source.images);
  }
  loss.backward();
  generator_optimiser_.step(learning_rate);
  transferred_ = fake.detach();
  return loss.detach();
}

models::NamedTensors PixelDaStep::weights() const {
  models::NamedTensors result = models::module_state(generator_, kGenerator);
  result.merge(models::module_state(discriminator_, kDiscriminator));
  result.merge(models::module_state(tower_, kTower));
  return result;
}

models::NamedTensors PixelDaStep::moments() const {
  models::NamedTensors result = generator_optimiser_.state(kGeneratorMoments);
  result.merge(discriminator_optimiser_.state(kDiscriminatorMoments));
  return result;
}

void PixelDaStep::load(const models::NamedTensors& tensors, std::int64_t step,
                       const std::filesystem::path& file) {
  models::load_module_state(generator_, tensors, file, kGenerator);
  models::load_module_state(discriminator_, tensors, file, kDiscriminator);
  models::load_module_state(tower_, tensors, file, kTower);
  generator_optimiser_.load_state(tensors, kGeneratorMoments, step, file);
  discriminator_optimiser_.load_state(tensors, kDiscriminatorMoments, step, file);
}

}  // namespace ersatz::train
