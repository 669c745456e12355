#include "train/conditional_gan_trainer.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "compute/seeding.h"
#include "compute/torch_device.h"
#include "core/error.h"
#include "core/philox.h"
#include "core/signals.h"
#include "models/conditional_gan_discriminator.h"
#include "models/conditional_gan_generator.h"
#include "train/checkpoint.h"
#include "train/collapse_watch.h"
#include "train/conditional_gan_step.h"
#include "train/finite.h"
#include "train/image_set.h"
#include "train/loss_meter.h"
#include "train/metrics_log.h"
#include "train/pace.h"
#include "train/pixelda_losses.h"

namespace ersatz::train {

namespace {

// 8-bit pixels to [-1, 1].
constexpr double kDivisor = 127.5, kOffset = -1.0;

void check(const data::LabelledImages& images, const std::vector<std::string>& class_names,
           const ConditionalGanTraining& training) {
  if (training.steps < 1) throw core::Error::usage("the conditional GAN needs at least one step");
  if (training.batch_size < 2 || training.batch_size % 2 != 0) {
    throw core::Error::usage(
        fmt::format("a batch of {} cannot be half real and half generated", training.batch_size));
  }
  if (images.size() > 0 && (images.height != models::kConditionalGanSide ||
                            images.width != models::kConditionalGanSide || images.channels != 1)) {
    throw core::Error::usage(
        fmt::format("the conditional GAN is for grey pictures of {0}x{0}, not {1}x{2} with {3} "
                    "channels",
                    models::kConditionalGanSide, images.height, images.width, images.channels));
  }
  if (static_cast<std::int64_t>(class_names.size()) != training.network.classes) {
    throw core::Error::usage(
        fmt::format("{} class names for {} classes", class_names.size(), training.network.classes));
  }
}

core::Json configuration(const data::LabelledImages& images, const ConditionalGanTraining& training,
                         std::uint64_t seed) {
  core::Json settings = {{"training", "conditional-gan"},
                         {"images", images_digest(images)},
                         {"seed", seed},
                         {"steps", training.steps},
                         {"batch_size", training.batch_size},
                         {"learning_rate", training.learning_rate},
                         {"beta1", training.beta1},
                         {"beta2", training.beta2},
                         {"epsilon", training.epsilon}};
  models::visit_options(training.network,
                        [&](const char* name, auto value) { settings[name] = value; });
  return settings;
}

// What the log says about a step, averaged over its interval.
class Meters {
 public:
  void add(const ConditionalGanLosses& losses, std::int64_t step) {
    const std::array<const torch::Tensor*, 5> values = {
        &losses.discriminator_real, &losses.discriminator_fake, &losses.generator,
        &losses.accuracy_real, &losses.accuracy_fake};
    for (std::size_t i = 0; i < values.size(); ++i) meters_[i].add(*values[i], step);
  }
  void flush() {
    for (LossMeter& meter : meters_) meter.flush();
  }
  void reset() {
    for (LossMeter& meter : meters_) meter.reset();
  }
  void write_to(ConditionalGanResult& result) const {
    result.discriminator_loss_real = meters_[0].mean();
    result.discriminator_loss_fake = meters_[1].mean();
    result.generator_loss = meters_[2].mean();
    result.discriminator_accuracy_real = meters_[3].mean();
    result.discriminator_accuracy_fake = meters_[4].mean();
  }
  core::Json state() const {
    core::Json states = core::Json::array();
    for (const LossMeter& meter : meters_) states.push_back(meter.state());
    return states;
  }
  void load_state(const core::Json& states) {
    for (std::size_t i = 0; i < meters_.size(); ++i) meters_[i].load_state(states.at(i));
  }

 private:
  std::array<LossMeter, 5> meters_ = {
      LossMeter("the discriminator's loss on real pictures"),
      LossMeter("the discriminator's loss on generated pictures"),
      LossMeter("the generator's loss"), LossMeter("the discriminator's accuracy on real pictures"),
      LossMeter("the discriminator's accuracy on generated pictures")};
};

// The means of an interval by the names they have in the log.
template <typename Result, typename Visit>
void visit_means(Result& result, Visit visit) {
  visit("discriminator_loss_real", result.discriminator_loss_real);
  visit("discriminator_loss_fake", result.discriminator_loss_fake);
  visit("generator_loss", result.generator_loss);
  visit("discriminator_accuracy_real", result.discriminator_accuracy_real);
  visit("discriminator_accuracy_fake", result.discriminator_accuracy_fake);
}

core::Json means_json(const ConditionalGanResult& result) {
  core::Json means = core::Json::object();
  visit_means(result, [&](const char* name, double value) { means[name] = value; });
  return means;
}

}  // namespace

std::int64_t batches_per_epoch(std::int64_t images, std::int64_t batch_size) {
  if (batch_size < 1) throw core::Error::usage("a batch needs at least one picture");
  return std::max<std::int64_t>(1, images / batch_size);
}

ConditionalGanResult train_conditional_gan(const data::LabelledImages& images,
                                           const std::vector<std::string>& class_names,
                                           const ConditionalGanTraining& training,
                                           const TrainingRun& run,
                                           const ConditionalGanFiles& files) {
  check(images, class_names, training);
  const c10::Device device = compute::torch_device(run.device);
  const ImageSet set(images, device, training.network.classes);
  CheckpointFolder checkpoints(run.checkpoint_folder, configuration(images, training, run.seed));
  ConditionalGanStep networks(training, run.seed, device);
  Meters meters;
  CollapseWatch watch;
  ConditionalGanResult result;

  std::int64_t step = 0;
  if (const auto saved = checkpoints.load()) {
    step = saved->step;
    networks.load(saved->tensors, step, saved->file);
    meters.load_state(saved->state.at("meters"));
    watch.load_state(saved->state.at("collapse"));
    visit_means(result, [&](const char* name, double& value) {
      value = saved->state.at("means").at(name).get<double>();
    });
  }

  const auto real_batch = [&] {
    core::Stream random(run.seed, "cgan/real", static_cast<std::uint64_t>(step));
    std::vector<std::int64_t> indices;
    for (std::int64_t i = 0; i < training.batch_size / 2; ++i) {
      indices.push_back(
          static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(set.size()))));
    }
    return set.gather(indices, kDivisor, kOffset);
  };
  const MetricsLog log(run.metrics_file, step);
  Pace pace(run, step, training.steps, training.batch_size);
  while (pace.goes_on(step)) {
    // Dropout on CUDA draws from libtorch's generator.
    compute::seed_step(run.seed, "cgan", static_cast<std::uint64_t>(step));
    const ImageSet::Batch real = real_batch();
    const ConditionalGanLosses losses = networks.update(real, step);
    ++step;
    meters.add(losses, step);

    if (pace.log_due(step)) {
      meters.flush();
      meters.write_to(result);
      const double relative = variety(networks.generated()).item<double>() /
                              std::max(1e-6, variety(real.images).item<double>());
      watch.observe(relative, step);
      core::Json line = {{"step", step}};
      line.update(means_json(result));
      line["relative_variety"] = relative;
      line["images_per_second"] = std::round(pace.recent_images_per_second(step));
      log.append(line);
      meters.reset();
    }
    pace.show(step, result.generator_loss);
    for (const GeneratorSnapshot& snapshot : files.snapshots) {
      if (snapshot.step != step) continue;
      meters.flush();
      require_finite(networks.weights(), step);
      models::save_conditional_gan_generator(snapshot.file, networks.generator(), class_names);
    }
    if (pace.checkpoint_due(step)) {
      meters.flush();
      Checkpoint checkpoint;
      checkpoint.step = step;
      checkpoint.tensors = networks.weights();
      require_finite(checkpoint.tensors, step);
      checkpoint.tensors.merge(networks.moments());
      checkpoint.state = {
          {"meters", meters.state()}, {"collapse", watch.state()}, {"means", means_json(result)}};
      checkpoints.save(checkpoint);
      core::stop_point();
    }
  }
  result.steps = step;
  result.finished = pace.complete(step);
  result.collapsed = watch.collapsed();
  result.images_per_second = pace.images_per_second(step);
  if (result.finished) {
    models::save_conditional_gan_generator(files.generator, networks.generator(), class_names);
    if (!files.discriminator.empty()) {
      models::save_conditional_gan_discriminator(files.discriminator, networks.discriminator());
    }
  }
  return result;
}

}  // namespace ersatz::train
