#include "train/pixelda_trainer.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <cmath>

#include "compute/seeding.h"
#include "compute/torch_device.h"
#include "core/error.h"
#include "core/signals.h"
#include "models/pixelda_generator.h"
#include "train/checkpoint.h"
#include "train/collapse_watch.h"
#include "train/epoch_sampler.h"
#include "train/finite.h"
#include "train/image_set.h"
#include "train/loss_meter.h"
#include "train/metrics_log.h"
#include "train/pace.h"
#include "train/pixelda_losses.h"
#include "train/pixelda_step.h"

namespace ersatz::train {

namespace {

// 8-bit pixels to [-1, 1].
constexpr double kDivisor = 127.5, kOffset = -1.0;

void check(const data::LabelledImages& source, const data::LabelledImages& target,
           const PixelDaTraining& training) {
  if (training.steps < 1 || training.batch_size < 2) {
    throw core::Error::usage(
        "PixelDA needs at least one step and two images per batch (batch normalisation)");
  }
  for (const data::LabelledImages* images : {&source, &target}) {
    if (images->height != training.network.image_size ||
        images->width != training.network.image_size) {
      throw core::Error::usage(fmt::format("PixelDA is set up for images of {0}x{0}, not {1}x{2}",
                                           training.network.image_size, images->height,
                                           images->width));
    }
  }
}

core::Json configuration(const data::LabelledImages& source, const data::LabelledImages& target,
                         const PixelDaTraining& training, std::uint64_t seed) {
  const models::PixelDaOptions& network = training.network;
  const LearningRateSchedule& rate = training.learning_rate;
  return {{"training", "pixelda"},
          {"source", images_digest(source)},
          {"target", images_digest(target)},
          {"seed", seed},
          {"image_size", network.image_size},
          {"classes", network.classes},
          {"generator_filters", network.generator_filters},
          {"residual_blocks", network.residual_blocks},
          {"noise_dimensions", network.noise_dimensions},
          {"discriminator_filters", network.discriminator_filters},
          {"discriminator_keep", network.discriminator_keep},
          {"discriminator_noise", network.discriminator_noise},
          {"leakiness", network.leakiness},
          {"task_filters", network.task_filters},
          {"task_private_layers", network.task_private_layers},
          {"task_hidden_units", network.task_hidden_units},
          {"task_dropout", network.task_dropout},
          {"batch_norm_decay", network.batch_norm_decay},
          {"initial_deviation", network.initial_deviation},
          {"steps", training.steps},
          {"batch_size", training.batch_size},
          {"schedule", schedule_name(rate.kind)},
          {"learning_rate", rate.base},
          {"decay_rate", rate.decay_rate},
          {"decay_every", rate.decay_every},
          {"warmup_steps", rate.warmup_steps},
          {"beta1", training.beta1},
          {"beta2", training.beta2},
          {"gradient_clip", training.gradient_clip},
          {"weight_decay", training.weight_decay},
          {"domain_weight", training.domain_weight},
          {"style_weight", training.style_weight},
          {"source_task_weight", training.source_task_weight},
          {"transferred_task_weight", training.transferred_task_weight},
          {"generator_task_weight", training.generator_task_weight},
          {"similarity_weight", training.similarity_weight}};
}

}  // namespace

PixelDaTrainingResult train_pixelda(const data::LabelledImages& source,
                                    const data::LabelledImages& target,
                                    const PixelDaTraining& training, const TrainingRun& run,
                                    const std::filesystem::path& weights_file) {
  check(source, target, training);
  const c10::Device device = compute::torch_device(run.device);
  const ImageSet sources(source, device, training.network.classes), targets(target, device, 0);
  CheckpointFolder checkpoints(run.checkpoint_folder,
                               configuration(source, target, training, run.seed));
  PixelDaStep networks(training, run.seed, device);
  LossMeter discriminator_meter("the discriminator's loss"),
      generator_meter("the generator's loss");
  CollapseWatch watch;
  PixelDaTrainingResult result;

  std::int64_t step = 0;
  if (const auto saved = checkpoints.load()) {
    step = saved->step;
    networks.load(saved->tensors, step, saved->file);
    discriminator_meter.load_state(saved->state.at("discriminator"));
    generator_meter.load_state(saved->state.at("generator"));
    watch.load_state(saved->state.at("collapse"));
  }

  const std::int64_t batch_size = training.batch_size;
  EpochSampler source_sampler(sources.size(), run.seed, "pixelda/source");
  EpochSampler target_sampler(targets.size(), run.seed, "pixelda/target");
  const auto source_batch = [&](std::int64_t update) {
    return sources.gather(source_sampler.batch(update, batch_size), kDivisor, kOffset);
  };
  const MetricsLog log(run.metrics_file, step);
  Pace pace(run, step, training.steps, 2 * batch_size);
  while (pace.goes_on(step)) {
    compute::seed_step(run.seed, "pixelda", static_cast<std::uint64_t>(step));
    const double rate = training.learning_rate.at(step, training.steps);
    const ImageSet::Batch real =
        targets.gather(target_sampler.batch(step, batch_size), kDivisor, kOffset);
    discriminator_meter.add(networks.update_discriminator(source_batch(2 * step), real, step, rate),
                            step + 1);
    generator_meter.add(networks.update_generator(source_batch(2 * step + 1), step, rate),
                        step + 1);
    ++step;

    if (pace.log_due(step)) {
      discriminator_meter.flush();
      generator_meter.flush();
      result.discriminator_loss = discriminator_meter.mean();
      result.generator_loss = generator_meter.mean();
      const double relative = variety(networks.transferred()).item<double>() /
                              std::max(1e-6, variety(real.images).item<double>());
      watch.observe(relative, step);
      log.append({{"step", step},
                  {"discriminator_loss", result.discriminator_loss},
                  {"generator_loss", result.generator_loss},
                  {"relative_variety", relative},
                  {"learning_rate", rate},
                  {"images_per_second", std::round(pace.recent_images_per_second(step))}});
      discriminator_meter.reset();
      generator_meter.reset();
    }
    pace.show(step, result.generator_loss);
    if (pace.checkpoint_due(step)) {
      discriminator_meter.flush();
      generator_meter.flush();
      Checkpoint checkpoint;
      checkpoint.step = step;
      checkpoint.tensors = networks.weights();
      require_finite(checkpoint.tensors, step);
      checkpoint.tensors.merge(networks.moments());
      checkpoint.state = {{"discriminator", discriminator_meter.state()},
                          {"generator", generator_meter.state()},
                          {"collapse", watch.state()}};
      checkpoints.save(checkpoint);
      core::stop_point();
    }
  }
  result.steps = step;
  result.finished = pace.complete(step);
  result.collapsed = watch.collapsed();
  result.images_per_second = pace.images_per_second(step);
  if (result.finished) models::save_pixelda_generator(weights_file, networks.generator());
  return result;
}

}  // namespace ersatz::train
