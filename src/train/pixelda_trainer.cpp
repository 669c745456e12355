#include "train/pixelda_trainer.h"

#include <fmt/format.h>
#include <torch/types.h>

#include "compute/seeding.h"
#include "compute/torch_device.h"
#include "core/error.h"
#include "models/pixelda_generator.h"
#include "train/collapse_watch.h"
#include "train/epoch_sampler.h"
#include "train/finite.h"
#include "train/image_set.h"
#include "train/pixelda_losses.h"
#include "train/pixelda_step.h"
#include "train/training_loop.h"

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

class Training final : public Trainee {
 public:
  Training(const data::LabelledImages& source, const data::LabelledImages& target,
           const PixelDaTraining& training, const TrainingRun& run)
      : training_(training),
        seed_(run.seed),
        device_(compute::torch_device(run.device)),
        sources_(source, device_, training.network.classes),
        targets_(target, device_, 0),
        networks_(training, run.seed, device_),
        source_sampler_(sources_.size(), run.seed, "pixelda/source"),
        target_sampler_(targets_.size(), run.seed, "pixelda/target") {}

  const models::PixelDaGenerator& generator() const { return networks_.generator(); }
  double discriminator_loss() const { return discriminator_loss_; }
  bool collapsed() const { return watch_.collapsed(); }

  std::vector<LoggedLoss> losses() override {
    return {{"generator_loss", &generator_meter_}, {"discriminator_loss", &discriminator_meter_}};
  }

  void load(const Checkpoint& saved) override {
    networks_.load(saved.tensors, saved.step, saved.file);
    watch_.load_state(saved.state.at("collapse"));
    discriminator_loss_ = saved.state.at("last_discriminator_loss").get<double>();
  }

  void update(std::int64_t step) override {
    compute::seed_step(seed_, "pixelda", static_cast<std::uint64_t>(step));
    real_ = targets_.gather(target_sampler_.batch(step, training_.batch_size), kDivisor, kOffset);
    discriminator_meter_.add(
        networks_.update_discriminator(source_batch(2 * step), real_, step, rate(step)), step + 1);
    generator_meter_.add(networks_.update_generator(source_batch(2 * step + 1), step, rate(step)),
                         step + 1);
  }

  core::Json line(std::int64_t step) override {
    discriminator_loss_ = discriminator_meter_.mean();
    const double relative = variety(networks_.transferred()).item<double>() /
                            std::max(1e-6, variety(real_.images).item<double>());
    watch_.observe(relative, step);
    return {{"relative_variety", relative}, {"learning_rate", rate(step - 1)}};
  }

  models::NamedTensors tensors(std::int64_t step) const override {
    models::NamedTensors all = networks_.weights();
    require_finite(all, step);
    all.merge(networks_.moments());
    return all;
  }
  core::Json state() const override {
    return {{"collapse", watch_.state()}, {"last_discriminator_loss", discriminator_loss_}};
  }

 private:
  ImageSet::Batch source_batch(std::int64_t update) {
    return sources_.gather(source_sampler_.batch(update, training_.batch_size), kDivisor, kOffset);
  }
  double rate(std::int64_t step) const { return training_.learning_rate.at(step, training_.steps); }

  const PixelDaTraining& training_;
  std::uint64_t seed_;
  c10::Device device_;
  ImageSet sources_, targets_;
  PixelDaStep networks_;
  EpochSampler source_sampler_, target_sampler_;
  ImageSet::Batch real_;  // of the last update
  LossMeter discriminator_meter_{"the discriminator's loss"},
      generator_meter_{"the generator's loss"};
  CollapseWatch watch_;
  double discriminator_loss_ = 0;  // of the last logging interval
};

}  // namespace

PixelDaTrainingResult train_pixelda(const data::LabelledImages& source,
                                    const data::LabelledImages& target,
                                    const PixelDaTraining& training, const TrainingRun& run,
                                    const std::filesystem::path& weights_file) {
  check(source, target, training);
  Training state(source, target, training, run);
  const TrainingOutcome outcome =
      run_training(state, run, configuration(source, target, training, run.seed), training.steps,
                   2 * training.batch_size);
  PixelDaTrainingResult result;
  result.steps = outcome.steps;
  result.finished = outcome.finished;
  result.generator_loss = outcome.loss;
  result.discriminator_loss = state.discriminator_loss();
  result.collapsed = state.collapsed();
  result.images_per_second = outcome.images_per_second;
  if (result.finished) models::save_pixelda_generator(weights_file, state.generator());
  return result;
}

}  // namespace ersatz::train
