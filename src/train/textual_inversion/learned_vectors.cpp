#include "train/textual_inversion/learned_vectors.h"

#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <utility>

#include "compute/to_device.h"
#include "core/error.h"
#include "core/philox.h"
#include "train/textual_inversion/textual_inversion_step.h"

namespace ersatz::train {

namespace {

constexpr const char* kVectors = "vectors";
constexpr const char* kMoments = "adam/";

// The row of the initializer, once for each vector.
torch::Tensor first_vectors(const models::ClipText& text_encoder, const Placeholder& placeholder) {
  const torch::NoGradGuard no_grad;
  const auto count = static_cast<std::int64_t>(placeholder.ids.size());
  return text_encoder.embed(torch::full({count}, placeholder.initializer, torch::kInt64))
      .to(torch::kFloat32)
      .contiguous();
}

DiffusionBatchOptions batch_options(std::int64_t step_size, std::int64_t timesteps) {
  DiffusionBatchOptions options;
  options.step_size = step_size;
  options.timesteps = timesteps;
  options.caption_dropout = 0;
  return options;
}

}  // namespace

LearnedVectors::LearnedVectors(const models::StableDiffusion& model, const LatentCache& cache,
                               const std::vector<std::int64_t>& empty_caption,
                               Placeholder placeholder, const TextualInversionTraining& training,
                               std::uint64_t seed, std::int64_t copies)
    : model_(model),
      placeholder_(std::move(placeholder)),
      training_(training),
      noise_(generate::parse_scheduler_config(model.scheduler, "scheduler"), model.device),
      begin_(first_vectors(*model.text_encoder, placeholder_)),
      vectors_(begin_.clone()) {
  if (copies > 1 && !model.device.is_cpu()) {
    throw core::Error::internal("parts of a batch side by side are for the CPU");
  }
  for (std::int64_t copy = 0; copy < copies; ++copy) {
    batches_.push_back(std::make_unique<DiffusionBatches>(
        cache, empty_caption, batch_options(training.step_size(), noise_.timesteps()), seed));
  }
  DiffusionBatchOptions fixed = batch_options(kFixedSamples, noise_.timesteps());
  fixed.sampling = TimestepSampling::kStratified;
  fixed_ = std::make_unique<DiffusionBatches>(cache, empty_caption, fixed,
                                              core::stream_seed(seed, "fixed samples"));
  if (copies > 1) threads_ = std::make_unique<compute::ThreadTeam>(copies);
  optimiser_ = std::make_unique<AdamW>(
      std::vector<AdamParameter>{{kVectors, vectors_, /*decay=*/true}}, training.optimiser);
}

DiffusionBatch LearnedVectors::on_device(DiffusionBatch batch) const {
  // Ids stay on the CPU.
  for (torch::Tensor* tensor : {&batch.latents, &batch.noise, &batch.timesteps}) {
    *tensor = compute::to_device(*tensor, model_.device);
  }
  return batch;
}

LearnedVectors::Part LearnedVectors::part_of(std::int64_t step, std::int64_t copy) {
  const auto copies = static_cast<std::int64_t>(batches_.size());
  Part sum;
  for (std::int64_t round = 0; round < training_.accumulation; ++round) {
    const std::int64_t first = round * training_.batch_size + training_.batch_size * copy / copies;
    const std::int64_t last =
        round * training_.batch_size + training_.batch_size * (copy + 1) / copies;
    if (first == last) continue;
    const DiffusionBatch batch =
        on_device(batches_[static_cast<std::size_t>(copy)]->batch(step, first, last - first));
    const TextualInversionLoss part = textual_inversion_step(
        *model_.text_encoder, *model_.unet, noise_, batch, placeholder_.ids, vectors_);
    const double share =
        static_cast<double>(last - first) / static_cast<double>(training_.step_size());
    sum.loss = sum.loss.defined() ? sum.loss + share * part.loss : share * part.loss;
    sum.gradient =
        sum.gradient.defined() ? sum.gradient + share * part.gradient : share * part.gradient;
  }
  return sum;
}

// Sampling in between sets weights aside: they are back before several threads ask for them.
void LearnedVectors::bring_in() const {
  model_.text_encoder->bring_in();
  model_.unet->bring_in();
}

double LearnedVectors::fixed_loss() const {
  bring_in();
  const auto copies = static_cast<std::int64_t>(batches_.size());
  const std::int64_t at_once = std::max<std::int64_t>(1, training_.batch_size / copies);
  const std::int64_t parts = (kFixedSamples + at_once - 1) / at_once;
  std::vector<torch::Tensor> losses(static_cast<std::size_t>(parts));
  // DiffusionBatches are not for several threads.
  std::vector<DiffusionBatch> samples;
  for (std::int64_t part = 0; part < parts; ++part) {
    const std::int64_t first = part * at_once;
    samples.push_back(fixed_->batch(0, first, std::min(at_once, kFixedSamples - first)));
  }
  const auto compute = [&](std::int64_t copy) {
    for (std::int64_t part = copy; part < parts; part += copies) {
      const DiffusionBatch batch = on_device(samples[static_cast<std::size_t>(part)]);
      losses[static_cast<std::size_t>(part)] =
          textual_inversion_loss(*model_.text_encoder, *model_.unet, noise_, batch,
                                 placeholder_.ids, vectors_) *
          static_cast<double>(batch.timesteps.size(0));
    }
  };
  threads_ ? threads_->run(compute) : compute(0);
  return torch::stack(losses).sum().item<double>() / static_cast<double>(kFixedSamples);
}

torch::Tensor LearnedVectors::update(std::int64_t step, double learning_rate) {
  bring_in();
  std::vector<Part> parts(batches_.size());
  const auto compute = [&](std::int64_t copy) {
    parts[static_cast<std::size_t>(copy)] = part_of(step, copy);
  };
  threads_ ? threads_->run(compute) : compute(0);
  // In order, so that the sum does not depend on who was first.
  Part total;
  for (const Part& part : parts) {
    if (!part.loss.defined()) continue;
    total.loss = total.loss.defined() ? total.loss + part.loss : part.loss;
    total.gradient = total.gradient.defined() ? total.gradient + part.gradient : part.gradient;
  }
  vectors_.mutable_grad() = total.gradient;
  optimiser_->step(learning_rate);
  return total.loss;
}

torch::Tensor LearnedVectors::vectors() const {
  return vectors_.detach().to(torch::kCPU, /*non_blocking=*/false, /*copy=*/true);
}

double LearnedVectors::length() const { return vectors_.norm(2, 1).mean().item<double>(); }

double LearnedVectors::distance() const {
  return (vectors_ - begin_).norm(2, 1).mean().item<double>();
}

models::NamedTensors LearnedVectors::state() const {
  models::NamedTensors all = optimiser_->state(kMoments);
  all.emplace(kVectors, vectors());
  return all;
}

void LearnedVectors::load(const models::NamedTensors& tensors, std::int64_t step,
                          const std::filesystem::path& file) {
  const auto found = tensors.find(kVectors);
  if (found == tensors.end() || found->second.sizes() != vectors_.sizes()) {
    throw core::Error::untrusted(file, "holds other vectors than this training has");
  }
  const torch::NoGradGuard no_grad;
  vectors_.copy_(found->second);
  optimiser_->load_state(tensors, kMoments, step, file);
}

}  // namespace ersatz::train
