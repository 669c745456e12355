#include "train/diffusion/latent_diffusion_trainer.h"

#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "compute/torch_device.h"
#include "core/error.h"
#include "core/file_system.h"
#include "models/safetensors.h"
#include "train/diffusion/latent_cache_builder.h"
#include "train/finite.h"
#include "train/gradient_team.h"
#include "train/training_loop.h"

namespace ersatz::train {

namespace {

core::Json configuration(const LatentDiffusionTraining& training, const core::Json& cache_key,
                         const LatentDiffusionRun& how) {
  core::Json json = training_json(training);
  json["training"] = "latent diffusion";
  json["latents"] = cache_key;
  json["seed"] = how.run.seed;
  if (how.start) {
    json["start"] = {{"unet", module_digest(*how.start.unet)},
                     {"text_encoder", module_digest(*how.start.text_encoder)}};
  }
  return json;
}

class Training final : public Trainee {
 public:
  Training(const LatentCache& cache, const std::vector<std::int64_t>& empty_caption,
           const LatentDiffusionTraining& training, const LatentDiffusionRun& how,
           const c10::Device& device)
      : cache_(cache),
        training_(training),
        how_(how),
        networks_(training, cache, empty_caption, how.run.seed, device,
                  share_batch(how.copies, device, training.batch_size, how.run.ranks), how.start) {}

  std::vector<LoggedLoss> losses() override { return {{"loss", &meter_}}; }
  void load(const Checkpoint& saved) override {
    networks_.load(saved.tensors, saved.step, saved.file);
  }

  void update(std::int64_t step) override {
    meter_.add(networks_.update(step, rate(step)), step + 1);
  }

  core::Json line(std::int64_t step) override {
    return {{"learning_rate", rate(step - 1)},
            {"ema_decay", ema_decay(training_.average, step)},
            {"epoch", static_cast<double>(step * training_.step_size()) /
                          static_cast<double>(cache_.size())}};
  }

  void show(std::int64_t step) override {
    if (!how_.on_snapshot || how_.snapshot_every <= 0) return;
    if (step % how_.snapshot_every != 0 && step != training_.steps) return;
    const torch::NoGradGuard no_grad;
    const AveragedWeights averaged(networks_.averages());
    how_.on_snapshot({step, networks_.unet(), networks_.text_encoder()});
  }

  models::NamedTensors tensors(std::int64_t step) const override {
    models::NamedTensors all = networks_.state();
    require_finite(all, step);
    return all;
  }

  models::NamedTensors averaged(const std::string& network) { return networks_.averaged(network); }

 private:
  double rate(std::int64_t step) const { return training_.learning_rate.at(step, training_.steps); }

  const LatentCache& cache_;
  const LatentDiffusionTraining& training_;
  const LatentDiffusionRun& how_;
  LatentDiffusionStep networks_;
  LossMeter meter_{"the denoising loss"};
};

}  // namespace

LatentDiffusionResult train_latent_diffusion(const LatentCache& cache, const core::Json& cache_key,
                                             const std::vector<std::int64_t>& empty_caption,
                                             const LatentDiffusionTraining& training,
                                             const LatentDiffusionRun& how,
                                             const std::filesystem::path& folder) {
  Training state(cache, empty_caption, training, how, compute::torch_device(how.run.device));
  const TrainingOutcome outcome =
      run_training(state, how.run, configuration(training, cache_key, how), training.steps,
                   training.step_size());
  LatentDiffusionResult result;
  result.steps = outcome.steps;
  result.finished = outcome.finished;
  result.loss = outcome.loss;
  result.samples_per_second = outcome.images_per_second;
  if (result.finished && writes_files(how.run)) {
    core::make_directories(folder);
    models::save_safetensors(folder / kUNetWeights, state.averaged("unet"));
    models::save_safetensors(folder / kTextEncoderWeights, state.averaged("text_encoder"));
  }
  return result;
}

}  // namespace ersatz::train
