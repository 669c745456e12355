#include "train/diffusion/latent_diffusion_trainer.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

#include "compute/torch_device.h"
#include "core/file_system.h"
#include "core/signals.h"
#include "models/safetensors.h"
#include "train/checkpoint.h"
#include "train/diffusion/latent_diffusion_step.h"
#include "train/finite.h"
#include "train/loss_meter.h"
#include "train/metrics_log.h"
#include "train/pace.h"

namespace ersatz::train {

namespace {

std::int64_t copies_for(const LatentDiffusionRun& run, const c10::Device& device,
                        std::int64_t batch_size) {
  if (!device.is_cpu()) return 1;
  const std::int64_t wanted = run.copies > 0 ? run.copies : at::get_num_threads();
  return std::max<std::int64_t>(1, std::min(wanted, batch_size));
}

core::Json configuration(const LatentDiffusionTraining& training, const core::Json& cache_key,
                         std::uint64_t seed) {
  core::Json json = training_json(training);
  json["training"] = "latent diffusion";
  json["latents"] = cache_key;
  json["seed"] = seed;
  return json;
}

}  // namespace

LatentDiffusionResult train_latent_diffusion(const LatentCache& cache, const core::Json& cache_key,
                                             const std::vector<std::int64_t>& empty_caption,
                                             const LatentDiffusionTraining& training,
                                             const LatentDiffusionRun& how,
                                             const std::filesystem::path& folder) {
  const TrainingRun& run = how.run;
  const c10::Device device = compute::torch_device(run.device);
  LatentDiffusionStep networks(training, cache, empty_caption, run.seed, device,
                               copies_for(how, device, training.batch_size));
  CheckpointFolder checkpoints(run.checkpoint_folder, configuration(training, cache_key, run.seed));
  LossMeter meter("the denoising loss");
  LatentDiffusionResult result;

  std::int64_t step = 0;
  if (const auto saved = checkpoints.load()) {
    step = saved->step;
    networks.load(saved->tensors, step, saved->file);
    meter.load_state(saved->state.at("loss"));
    result.loss = saved->state.at("last_loss").get<double>();
  }

  const MetricsLog log(run.metrics_file, step);
  Pace pace(run, step, training.steps, training.step_size());
  while (pace.goes_on(step)) {
    const double rate = training.learning_rate.at(step, training.steps);
    meter.add(networks.update(step, rate), step + 1);
    ++step;
    if (pace.log_due(step)) {
      meter.flush();
      result.loss = meter.mean();
      log.append({{"step", step},
                  {"loss", result.loss},
                  {"learning_rate", rate},
                  {"ema_decay", ema_decay(training.average, step)},
                  {"samples_per_second", std::round(10 * pace.recent_images_per_second(step)) / 10},
                  {"epoch", static_cast<double>(step * training.step_size()) /
                                static_cast<double>(cache.size())}});
      meter.reset();
    }
    pace.show(step, result.loss);
    const bool last = pace.complete(step);
    if (pace.checkpoint_due(step)) {
      meter.flush();
      Checkpoint checkpoint;
      checkpoint.step = step;
      checkpoint.tensors = networks.state();
      require_finite(checkpoint.tensors, step);
      checkpoint.state = {{"loss", meter.state()}, {"last_loss", result.loss}};
      checkpoints.save(checkpoint);
      core::stop_point();
    }
    if (how.on_snapshot && how.snapshot_every > 0 && (step % how.snapshot_every == 0 || last)) {
      const torch::NoGradGuard no_grad;
      const AveragedWeights averaged(networks.averages());
      how.on_snapshot({step, networks.unet(), networks.text_encoder()});
    }
  }
  result.steps = step;
  result.finished = pace.complete(step);
  result.samples_per_second = pace.images_per_second(step);
  if (result.finished) {
    core::make_directories(folder);
    models::save_safetensors(folder / kUNetWeights, networks.averaged("unet"));
    models::save_safetensors(folder / kTextEncoderWeights, networks.averaged("text_encoder"));
  }
  return result;
}

}  // namespace ersatz::train
