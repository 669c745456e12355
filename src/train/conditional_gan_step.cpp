#include "train/conditional_gan_step.h"

#include <torch/autograd.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <utility>
#include <vector>

#include "compute/random_rows.h"
#include "compute/to_device.h"
#include "compute/torch_shim.h"
#include "core/philox.h"
#include "models/module_state.h"
#include "train/frozen.h"
#include "train/network_on_device.h"

namespace ersatz::train {

namespace {

constexpr const char* kGenerator = "generator/";
constexpr const char* kDiscriminator = "discriminator/";
constexpr const char* kGeneratorMoments = "adam-generator/";
constexpr const char* kDiscriminatorMoments = "adam-discriminator/";
// Parts of a step that draw random numbers.
constexpr const char* kDiscriminatorPart = "discriminator";
constexpr const char* kGeneratorPart = "generator";

Adam optimiser(const torch::nn::Module& network, const ConditionalGanTraining& training) {
  std::vector<AdamParameter> parameters;
  compute::for_each_parameter(network, [&](const std::string& name, const torch::Tensor& tensor) {
    parameters.push_back({name, tensor, false});
  });
  AdamOptions options;
  options.beta1 = training.beta1;
  options.beta2 = training.beta2;
  options.epsilon = training.epsilon;
  return Adam(std::move(parameters), options);
}

}  // namespace

torch::Tensor binary_cross_entropy(const torch::Tensor& logits, bool real) {
  return torch::softplus(real ? -logits : logits).mean();
}

ConditionalGanStep::ConditionalGanStep(const ConditionalGanTraining& training, std::uint64_t seed,
                                       const c10::Device& device)
    : training_(training),
      seed_(seed),
      device_(device),
      generator_(on_device(models::ConditionalGanGenerator(training.network, seed), device)),
      discriminator_(
          on_device(models::ConditionalGanDiscriminator(training.network, seed), device)),
      discriminator_optimiser_(optimiser(discriminator_, training)),
      generator_optimiser_(optimiser(generator_, training)) {}

ConditionalGanStep::Fake ConditionalGanStep::draw(const char* part, std::int64_t rows,
                                                  std::int64_t step) const {
  const std::string stream = std::string("cgan/") + part;
  core::Stream random(seed_, stream + "/labels", static_cast<std::uint64_t>(step));
  std::vector<std::int64_t> labels;
  for (std::int64_t i = 0; i < rows; ++i) {
    labels.push_back(static_cast<std::int64_t>(
        random.below(static_cast<std::uint64_t>(training_.network.classes))));
  }
  const torch::Tensor noise =
      compute::normal_rows(rows, {training_.network.latent_dimensions}, seed_, stream + "/noise",
                           static_cast<std::uint64_t>(step * rows));
  return {compute::to_device(noise, device_),
          compute::to_device(torch::tensor(labels, torch::kInt64), device_)};
}

void ConditionalGanStep::update_discriminator(const torch::Tensor& images,
                                              const torch::Tensor& labels, bool real,
                                              std::int64_t step, torch::Tensor& loss,
                                              torch::Tensor& accuracy) {
  const std::uint64_t key = core::stream_seed(
      seed_, real ? "cgan/dropout/real" : "cgan/dropout/fake", static_cast<std::uint64_t>(step));
  const torch::Tensor logits = discriminator_.forward(images, labels, key);
  const torch::Tensor mean = binary_cross_entropy(logits, real);
  mean.backward();
  discriminator_optimiser_.step(training_.learning_rate);
  loss = mean.detach();
  const torch::Tensor plain = logits.detach();
  accuracy = (real ? plain > 0 : plain < 0).to(torch::kFloat32).mean();
}

ConditionalGanLosses ConditionalGanStep::update(const ImageSet::Batch& real, std::int64_t step) {
  ConditionalGanLosses losses;
  update_discriminator(real.images, real.labels, true, step, losses.discriminator_real,
                       losses.accuracy_real);
  const Fake half = draw(kDiscriminatorPart, training_.batch_size / 2, step);
  torch::Tensor fake;
  {
    const torch::NoGradGuard no_grad;
    fake = generator_.forward(half.noise, half.labels);
  }
  update_discriminator(fake, half.labels, false, step, losses.discriminator_fake,
                       losses.accuracy_fake);

  const Frozen frozen(discriminator_);
  const Fake whole = draw(kGeneratorPart, training_.batch_size, step);
  fake = generator_.forward(whole.noise, whole.labels);
  const std::uint64_t key =
      core::stream_seed(seed_, "cgan/dropout/generator", static_cast<std::uint64_t>(step));
  const torch::Tensor loss =
      binary_cross_entropy(discriminator_.forward(fake, whole.labels, key), true);
  loss.backward();
  generator_optimiser_.step(training_.learning_rate);
  losses.generator = loss.detach();
  generated_ = fake.detach();
  return losses;
}

models::NamedTensors ConditionalGanStep::weights() const {
  models::NamedTensors result = models::module_state(generator_, kGenerator);
  result.merge(models::module_state(discriminator_, kDiscriminator));
  return result;
}

models::NamedTensors ConditionalGanStep::moments() const {
  models::NamedTensors result = generator_optimiser_.state(kGeneratorMoments);
  result.merge(discriminator_optimiser_.state(kDiscriminatorMoments));
  return result;
}

void ConditionalGanStep::load(const models::NamedTensors& tensors, std::int64_t step,
                              const std::filesystem::path& file) {
  models::load_module_state(generator_, tensors, file, kGenerator);
  models::load_module_state(discriminator_, tensors, file, kDiscriminator);
  generator_optimiser_.load_state(tensors, kGeneratorMoments, step, file);
  // Two updates of the discriminator per step.
  discriminator_optimiser_.load_state(tensors, kDiscriminatorMoments, 2 * step, file);
}

}  // namespace ersatz::train
