#include "train/diffusion/latent_diffusion_step.h"

#include <fmt/format.h>
#include <torch/autograd.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <string>
#include <utility>

#include "core/error.h"
#include "models/diffusion/initial_weights.h"
#include "models/diffusion/trainable.h"
#include "models/module_state.h"
#include "train/diffusion/denoising_errors.h"

namespace ersatz::train {

namespace {

constexpr const char* kUNet = "unet";
constexpr const char* kTextEncoder = "text_encoder";
constexpr const char* kWeights = "weights/";
constexpr const char* kAverages = "averages/";
constexpr const char* kMoments = "adam/";

generate::TrainingNoise training_noise(const core::Json& scheduler, const c10::Device& device) {
  return {generate::parse_scheduler_config(scheduler, "scheduler"), device};
}

DiffusionBatchOptions batch_options(const LatentDiffusionTraining& training,
                                    std::int64_t timesteps) {
  DiffusionBatchOptions options;
  options.step_size = training.step_size();
  options.timesteps = timesteps;
  options.sampling = training.timesteps;
  options.caption_dropout = training.caption_dropout;
  return options;
}

void check_fit(const LatentDiffusionTraining& training, const LatentCache& cache) {
  if (cache.shape()[0] != training.unet.in_channels) {
    throw core::Error::usage(fmt::format("latents of {} channels for a UNet that takes {}",
                                         cache.shape()[0], training.unet.in_channels));
  }
  if (cache.largest_id() >= training.text.vocabulary || cache.tokens() > training.text.positions) {
    throw core::Error::usage(fmt::format(
        "captions of {} tokens with ids up to {} for a text encoder with {} positions "
        "and a vocabulary of {}",
        cache.tokens(), cache.largest_id(), training.text.positions, training.text.vocabulary));
  }
}

models::NamedTensors with_prefix(const torch::nn::Module& module, const std::string& prefix) {
  models::NamedTensors result;
  for (const auto& [name, tensor] : live_parameters(module)) {
    result.emplace(fmt::format("{}/{}", prefix, name), tensor);
  }
  return result;
}

bool decays(const std::string& name, const torch::Tensor& tensor) {
  return tensor.dim() >= 2 && name.find("embedding.weight") == std::string::npos;
}

std::vector<torch::Tensor> tensors_of(const models::NamedTensors& named) {
  std::vector<torch::Tensor> all;
  for (const auto& item : named) all.push_back(item.second);
  return all;
}

void require_same(const core::Json& wanted, const core::Json& given, const char* network) {
  for (const auto& [key, value] : wanted.items()) {
    if (given.contains(key) && given.at(key) == value) continue;
    throw core::Error::usage(
        fmt::format("the model to begin with has another {}: {} is {}, not {}", network, key,
                    given.contains(key) ? given.at(key).dump() : "not set", value.dump()));
  }
}

// `start`'s weights in float32, or random ones.
void set_first_weights(const LatentDiffusionTraining& training, const DiffusionStart& start,
                       std::uint64_t seed, models::UNet& unet, models::ClipText& text) {
  if (!start) {
    models::initialise_unet(unet, seed);
    models::initialise_clip_text(text, seed);
    return;
  }
  require_same(models::unet_config_json(training.unet),
               models::unet_config_json(start.unet->config()), "UNet");
  require_same(models::clip_text_config_json(training.text),
               models::clip_text_config_json(start.text_encoder->config()), "text encoder");
  models::load_module_state(unet, models::module_state(*start.unet), "the model to begin with");
  models::load_module_state(text, models::module_state(*start.text_encoder),
                            "the model to begin with");
}

}  // namespace

LatentDiffusionStep::LatentDiffusionStep(const LatentDiffusionTraining& training,
                                         const LatentCache& cache,
                                         const std::vector<std::int64_t>& empty_caption,
                                         std::uint64_t seed, const c10::Device& device,
                                         const BatchShare& share, const DiffusionStart& start)
    : training_(training),
      share_(share),
      own_parts_(share.own()),
      device_(device),
      type_(compute_type(training)),
      noise_(training_noise(training.scheduler, device)) {
  check(training);
  check_fit(training, cache);
  if (own_parts_.count > 1 && !device.is_cpu()) {
    throw core::Error::internal("copies of networks side by side are for the CPU");
  }
  for (std::int64_t copy = 0; copy < own_parts_.count; ++copy) {
    Networks networks;
    networks.unet = std::make_shared<models::UNet>(training.unet);
    networks.text = std::make_shared<models::ClipText>(training.text);
    if (copy == 0) {
      set_first_weights(training, start, seed, *networks.unet, *networks.text);
      networks.unet->to(device);
      networks.text->to(device);
    } else {
      share_parameters(*unet(), *networks.unet);
      share_parameters(*text_encoder(), *networks.text);
    }
    models::set_trainable(*networks.unet, true);
    models::set_trainable(*networks.text, training.train_text_encoder);
    networks.batches = std::make_unique<DiffusionBatches>(
        cache, empty_caption, batch_options(training, noise_.timesteps()), seed);
    networks_.push_back(std::move(networks));
  }
  std::vector<std::vector<torch::Tensor>> all;
  for (const Networks& networks : networks_) {
    models::NamedTensors named = with_prefix(*networks.unet, kUNet);
    named.merge(with_prefix(*networks.text, kTextEncoder));
    all.push_back(tensors_of(named));
  }
  team_ = std::make_unique<GradientTeam>(std::move(all), share.ranks,
                                         device.is_cpu() && share.parts > 1);
  std::vector<AdamParameter> optimised;
  for (const auto& [name, tensor] : parameters()) {
    if (tensor.requires_grad()) optimised.push_back({name, tensor, decays(name, tensor)});
  }
  optimiser_ = std::make_unique<AdamW>(std::move(optimised), training.optimiser);
  ema_ = std::make_unique<Ema>(parameters(), training.average);
}

models::NamedTensors LatentDiffusionStep::parameters() const {
  models::NamedTensors named = with_prefix(*unet(), kUNet);
  named.merge(with_prefix(*text_encoder(), kTextEncoder));
  return named;
}

DiffusionBatch LatentDiffusionStep::batch_of(Networks& networks, std::int64_t step,
                                             std::int64_t round, const compute::PartRange& range) {
  DiffusionBatches& batches = *networks.batches;
  const std::int64_t first = round * training_.batch_size + range.first;
  if (device_.is_cpu()) return batches.batch(step, first, range.count);
  const std::pair<std::int64_t, std::int64_t> wanted{step, round};
  const bool waiting = next_.valid();
  DiffusionBatch ready;
  if (waiting) ready = next_.get();
  DiffusionBatch batch =
      waiting && next_round_ == wanted ? std::move(ready) : batches.batch(step, first, range.count);
  const bool last = round + 1 == training_.accumulation;
  next_round_ = last ? std::pair{step + 1, std::int64_t{0}} : std::pair{step, round + 1};
  next_ = std::async(std::launch::async, [this, &batches, range, at = next_round_] {
    return batches.batch(at.first, at.second * training_.batch_size + range.first, range.count);
  });
  return batch;
}

torch::Tensor LatentDiffusionStep::loss_of(Networks& networks, const DiffusionBatch& batch) const {
  return denoising_errors(*networks.text, *networks.unet, noise_, on_device(batch, device_), type_,
                          training_.min_snr_gamma)
             .sum() /
         static_cast<double>(training_.step_size());
}

torch::Tensor LatentDiffusionStep::update(std::int64_t step, double learning_rate) {
  std::vector<torch::Tensor> losses(networks_.size());
  team_->run([&](std::int64_t copy) {
    Networks& networks = networks_[static_cast<std::size_t>(copy)];
    const compute::PartRange range =
        compute::part_range(training_.batch_size, own_parts_.first + copy, share_.parts);
    torch::Tensor& sum = losses[static_cast<std::size_t>(copy)];
    sum = torch::zeros({}, torch::dtype(torch::kFloat32).device(device_));
    if (range.count == 0) return;
    for (std::int64_t round = 0; round < training_.accumulation; ++round) {
      const torch::Tensor loss = loss_of(networks, batch_of(networks, step, round, range));
      loss.backward();
      sum += loss.detach();
    }
  });
  optimiser_->step(learning_rate);
  ema_->update();
  return team_->sum(losses);
}

models::NamedTensors LatentDiffusionStep::state() const {
  models::NamedTensors all;
  for (const auto& [name, tensor] : parameters()) {
    all.emplace(kWeights + name, tensor.detach().to(torch::kCPU, false, true));
  }
  all.merge(ema_->state(kAverages));
  all.merge(optimiser_->state(kMoments));
  return all;
}

void LatentDiffusionStep::load(const models::NamedTensors& tensors, std::int64_t step,
                               const std::filesystem::path& file) {
  const torch::NoGradGuard no_grad;
  for (auto& [name, parameter] : parameters()) {
    const auto found = tensors.find(kWeights + name);
    if (found == tensors.end() || found->second.sizes() != parameter.sizes()) {
      throw core::Error::untrusted(
          file, fmt::format("weight '{}' is missing or has another shape", name));
    }
    torch::Tensor target = parameter;
    target.copy_(found->second);
  }
  ema_->load_state(tensors, kAverages, step, file);
  optimiser_->load_state(tensors, kMoments, step, file);
}

models::NamedTensors LatentDiffusionStep::averaged(const std::string& network) const {
  models::NamedTensors result;
  const std::string prefix = network + "/";
  for (const auto& [name, tensor] : ema_->averages()) {
    if (name.compare(0, prefix.size(), prefix) == 0) {
      result.emplace(name.substr(prefix.size()), tensor.to(torch::kCPU, false, true));
    }
  }
  return result;
}

}  // namespace ersatz::train
