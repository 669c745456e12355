#include "train/conditional_gan_trainer.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <array>

#include "compute/seeding.h"
#include "compute/torch_device.h"
#include "core/error.h"
#include "core/philox.h"
#include "models/conditional_gan_discriminator.h"
#include "models/conditional_gan_generator.h"
#include "train/collapse_watch.h"
#include "train/conditional_gan_step.h"
#include "train/finite.h"
#include "train/image_set.h"
#include "train/pixelda_losses.h"
#include "train/training_loop.h"

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

// The means of an interval by the names they have in the log.
template <typename Result, typename Visit>
void visit_means(Result& result, Visit visit) {
  visit("generator_loss", result.generator_loss);
  visit("discriminator_loss_real", result.discriminator_loss_real);
  visit("discriminator_loss_fake", result.discriminator_loss_fake);
  visit("discriminator_accuracy_real", result.discriminator_accuracy_real);
  visit("discriminator_accuracy_fake", result.discriminator_accuracy_fake);
}

class Training final : public Trainee {
 public:
  Training(const data::LabelledImages& images, const std::vector<std::string>& class_names,
           const ConditionalGanTraining& training, const TrainingRun& run,
           const ConditionalGanFiles& files)
      : class_names_(class_names),
        training_(training),
        seed_(run.seed),
        files_(files),
        set_(images, compute::torch_device(run.device), training.network.classes),
        networks_(training, run.seed, compute::torch_device(run.device)) {}

  // Means of the last logged interval, and whether the generator collapsed.
  ConditionalGanResult result() const {
    ConditionalGanResult result = means_;
    result.collapsed = watch_.collapsed();
    return result;
  }

  void write() const {
    models::save_conditional_gan_generator(files_.generator, networks_.generator(), class_names_);
    if (!files_.discriminator.empty()) {
      models::save_conditional_gan_discriminator(files_.discriminator, networks_.discriminator());
    }
  }

  std::vector<LoggedLoss> losses() override {
    std::vector<LoggedLoss> all;
    std::size_t next = 0;
    visit_means(means_, [&](const char* name, double) { all.push_back({name, &meters_[next++]}); });
    return all;
  }

  void load(const Checkpoint& saved) override {
    networks_.load(saved.tensors, saved.step, saved.file);
    watch_.load_state(saved.state.at("collapse"));
    visit_means(means_, [&](const char* name, double& value) {
      value = saved.state.at("means").at(name).get<double>();
    });
  }

  void update(std::int64_t step) override {
    // Dropout on CUDA draws from libtorch's generator.
    compute::seed_step(seed_, "cgan", static_cast<std::uint64_t>(step));
    real_ = real_batch(step);
    const ConditionalGanLosses losses = networks_.update(real_, step);
    const std::array<const torch::Tensor*, 5> values = {
        &losses.generator, &losses.discriminator_real, &losses.discriminator_fake,
        &losses.accuracy_real, &losses.accuracy_fake};
    for (std::size_t i = 0; i < values.size(); ++i) meters_[i].add(*values[i], step + 1);
  }

  core::Json line(std::int64_t step) override {
    std::size_t next = 0;
    visit_means(means_, [&](const char*, double& value) { value = meters_[next++].mean(); });
    const double relative = variety(networks_.generated()).item<double>() /
                            std::max(1e-6, variety(real_.images).item<double>());
    watch_.observe(relative, step);
    return {{"relative_variety", relative}};
  }

  void after_update(std::int64_t step, const MetricsLog& /*log*/) override {
    for (const GeneratorSnapshot& snapshot : files_.snapshots) {
      if (snapshot.step != step) continue;
      for (LossMeter& meter : meters_) meter.flush();
      require_finite(networks_.weights(), step);
      models::save_conditional_gan_generator(snapshot.file, networks_.generator(), class_names_);
    }
  }

  models::NamedTensors tensors(std::int64_t step) const override {
    models::NamedTensors all = networks_.weights();
    require_finite(all, step);
    all.merge(networks_.moments());
    return all;
  }
  core::Json state() const override {
    core::Json means = core::Json::object();
    visit_means(means_, [&](const char* name, double value) { means[name] = value; });
    return {{"collapse", watch_.state()}, {"means", means}};
  }

 private:
  // With replacement, as the tutorial draws them.
  ImageSet::Batch real_batch(std::int64_t step) const {
    core::Stream random(seed_, "cgan/real", static_cast<std::uint64_t>(step));
    std::vector<std::int64_t> indices;
    for (std::int64_t i = 0; i < training_.batch_size / 2; ++i) {
      indices.push_back(
          static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(set_.size()))));
    }
    return set_.gather(indices, kDivisor, kOffset);
  }

  const std::vector<std::string>& class_names_;
  const ConditionalGanTraining& training_;
  std::uint64_t seed_;
  const ConditionalGanFiles& files_;
  ImageSet set_;
  ConditionalGanStep networks_;
  ImageSet::Batch real_;        // of the last update
  ConditionalGanResult means_;  // of the last logged interval
  std::array<LossMeter, 5> meters_ = {
      // in the order of visit_means
      LossMeter("the generator's loss"), LossMeter("the discriminator's loss on real pictures"),
      LossMeter("the discriminator's loss on generated pictures"),
      LossMeter("the discriminator's accuracy on real pictures"),
      LossMeter("the discriminator's accuracy on generated pictures")};
  CollapseWatch watch_;
};

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
  Training state(images, class_names, training, run, files);
  const TrainingOutcome outcome = run_training(
      state, run, configuration(images, training, run.seed), training.steps, training.batch_size);
  ConditionalGanResult result = state.result();
  result.steps = outcome.steps;
  result.finished = outcome.finished;
  result.images_per_second = outcome.images_per_second;
  if (result.finished) state.write();
  return result;
}

}  // namespace ersatz::train
