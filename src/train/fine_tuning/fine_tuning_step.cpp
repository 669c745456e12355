#include "train/fine_tuning/fine_tuning_step.h"

#include <fmt/format.h>
#include <torch/autograd.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <utility>

#include "compute/torch_shim.h"
#include "core/blas.h"
#include "core/error.h"
#include "models/diffusion/trainable.h"
#include "train/diffusion/denoising_errors.h"

namespace ersatz::train {

namespace {

constexpr const char* kTrained = "trained/";
constexpr const char* kMoments = "adam/";

void add(torch::Tensor& sum, const torch::Tensor& part) {
  if (part.defined()) sum = sum.defined() ? sum + part : part;
}

void add(std::vector<torch::Tensor>& sums, const std::vector<torch::Tensor>& parts) {
  sums.resize(parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) add(sums[i], parts[i]);
}

void add_parameters(const torch::nn::Module& module, const std::string& network,
                    models::NamedTensors& all) {
  compute::for_each_parameter(module, [&](const std::string& name, const torch::Tensor& tensor) {
    all.emplace(fmt::format("{}/{}", network, name), tensor);
  });
}

}  // namespace

FineTuningStep::FineTuningStep(models::StableDiffusion& model, const LatentCache& instance,
                               const LatentCache* prior,
                               const std::vector<std::int64_t>& empty_caption,
                               const FineTuningTraining& training, std::uint64_t seed,
                               const BatchShare& share)
    : model_(model),
      training_(training),
      share_(share),
      own_parts_(share.own()),
      type_(compute_type(training)),
      noise_(generate::parse_scheduler_config(model.scheduler, "scheduler"), model.device),
      prior_(prior != nullptr) {
  check(training);
  const std::int64_t copies = own_parts_.count;
  const bool one_thread_each = model.device.is_cpu() && share.parts > 1;
  if (copies > 1 && !one_thread_each) {
    throw core::Error::internal("parts of a batch side by side are for the CPU");
  }
  for (std::int64_t copy = 0; copy < copies; ++copy) {
    batches_.push_back(std::make_unique<FineTuningBatches>(
        instance, prior, empty_caption, training.step_size(), noise_.timesteps(), seed));
  }
  if (one_thread_each && copies == 1) blas_threads_ = core::set_blas_threads(1);
  if (one_thread_each) threads_ = std::make_unique<compute::ThreadTeam>(copies);
  bring_in();
  if (training.lora) {
    lora_ = std::make_unique<models::LoraLayers>(model, *training.lora, training.train_text_encoder,
                                                 seed);
    trained_ = lora_->parameters();
  } else {
    train_weights();
  }
  std::vector<AdamParameter> optimised;
  for (const auto& [name, tensor] : trained_) {
    leaves_.push_back(tensor);
    optimised.push_back({name, tensor, /*decay=*/true});
  }
  optimiser_ = std::make_unique<AdamW>(std::move(optimised), training.optimiser);
}

FineTuningStep::~FineTuningStep() {
  if (blas_threads_ > 0) core::set_blas_threads(blas_threads_);
  if (lora_) return;
  models::set_trainable(*model_.unet, false);
  models::set_trainable(*model_.text_encoder, false);
}

void FineTuningStep::train_weights() {
  models::own_float_weights(*model_.unet);
  models::set_trainable(*model_.unet, true);
  model_.unet->forget_recordings();
  add_parameters(*model_.unet, "unet", trained_);
  if (!training_.train_text_encoder) return;
  models::own_float_weights(*model_.text_encoder);
  models::set_trainable(*model_.text_encoder, true);
  add_parameters(*model_.text_encoder, "text_encoder", trained_);
}

// Sampling in between sets weights aside: they are back before several threads ask for them.
void FineTuningStep::bring_in() const {
  model_.text_encoder->bring_in();
  model_.unet->bring_in();
}

FineTuningStep::Part FineTuningStep::part_of(std::int64_t step, std::int64_t copy) {
  const torch::AutoGradMode record(true);
  const compute::PartRange own =
      compute::part_range(training_.batch_size, own_parts_.first + copy, share_.parts);
  const auto samples = static_cast<double>(training_.step_size());
  Part sum;
  for (std::int64_t round = 0; round < training_.accumulation; ++round) {
    const std::int64_t first = round * training_.batch_size + own.first, count = own.count;
    if (count == 0) continue;
    const DiffusionBatch batch = on_device(
        batches_[static_cast<std::size_t>(copy)]->batch(step, first, count), model_.device);
    const torch::Tensor errors = denoising_errors(*model_.text_encoder, *model_.unet, noise_, batch,
                                                  type_, training_.min_snr_gamma);
    const torch::Tensor instance = errors.narrow(0, 0, count).sum() / samples;
    torch::Tensor loss = instance;
    if (prior_) {
      const torch::Tensor prior = errors.narrow(0, count, count).sum() / samples;
      loss = instance + training_.prior_weight * prior;
      add(sum.prior, prior.detach());
    }
    add(sum.instance, instance.detach());
    // Not backward(): the parts of a batch share the leaves, and each has gradients of its own.
    add(sum.gradients,
        torch::autograd::grad({loss}, leaves_, {}, /*retain_graph=*/{}, /*create_graph=*/false,
                              /*allow_unused=*/true));
  }
  return sum;
}

// On every rank: parts that have no samples and leaves without a gradient count as zeros.
FineTuningStep::Part FineTuningStep::sum_of_ranks(std::vector<Part>& parts) const {
  const auto or_zero = [](const torch::Tensor& tensor, const torch::Tensor& like) {
    return tensor.defined() ? tensor.detach().clone() : torch::zeros_like(like);
  };
  const torch::Tensor zero = torch::zeros({}, torch::dtype(torch::kFloat32).device(model_.device));
  std::vector<std::vector<torch::Tensor>> all;
  for (Part& part : parts) {
    std::vector<torch::Tensor>& own = all.emplace_back();
    own.push_back(or_zero(part.instance, zero));
    own.push_back(or_zero(part.prior, zero));
    part.gradients.resize(leaves_.size());
    for (std::size_t i = 0; i < leaves_.size(); ++i) {
      own.push_back(or_zero(part.gradients[i], leaves_[i]));
      part.gradients[i] = torch::Tensor();
    }
  }
  compute::ordered_sum(share_.ranks, all);
  std::vector<torch::Tensor>& sums = all.front();
  Part total;
  total.instance = sums[0];
  total.prior = sums[1];
  total.gradients.assign(sums.begin() + 2, sums.end());
  return total;
}

FineTuningLosses FineTuningStep::update(std::int64_t step, double learning_rate) {
  bring_in();
  std::vector<Part> parts(batches_.size());
  const auto compute = [&](std::int64_t copy) {
    parts[static_cast<std::size_t>(copy)] = part_of(step, copy);
  };
  threads_ ? threads_->run(compute) : compute(0);
  const torch::NoGradGuard no_grad;
  Part total;
  if (share_.ranks != nullptr) {
    total = sum_of_ranks(parts);
  } else {
    // In order, so that the sum does not depend on who was first.
    for (Part& part : parts) {
      if (!part.instance.defined()) continue;
      add(total.instance, part.instance);
      add(total.prior, part.prior);
      add(total.gradients, part.gradients);
      part.gradients.clear();
    }
  }
  for (std::size_t i = 0; i < leaves_.size(); ++i) {
    leaves_[i].mutable_grad() = total.gradients[i];
  }
  optimiser_->step(learning_rate);
  FineTuningLosses losses;
  losses.total = losses.instance = total.instance;
  if (prior_) {
    losses.prior = total.prior;
    losses.total = total.instance + training_.prior_weight * total.prior;
  }
  return losses;
}

std::vector<models::LoraFactor> FineTuningStep::factors() const {
  return lora_ ? lora_->factors() : std::vector<models::LoraFactor>();
}

models::NamedTensors FineTuningStep::state() const {
  models::NamedTensors all = optimiser_->state(kMoments);
  for (const auto& [name, tensor] : trained_) {
    all.emplace(kTrained + name, tensor.detach().to(torch::kCPU, false, /*copy=*/true));
  }
  return all;
}

void FineTuningStep::load(const models::NamedTensors& tensors, std::int64_t step,
                          const std::filesystem::path& file) {
  const torch::NoGradGuard no_grad;
  for (auto& [name, parameter] : trained_) {
    const auto found = tensors.find(kTrained + name);
    if (found == tensors.end() || found->second.sizes() != parameter.sizes()) {
      throw core::Error::untrusted(
          file, fmt::format("weight '{}' is missing or has another shape", name));
    }
    parameter.copy_(found->second);
  }
  optimiser_->load_state(tensors, kMoments, step, file);
}

}  // namespace ersatz::train
