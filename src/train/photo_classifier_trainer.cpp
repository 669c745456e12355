#include "train/photo_classifier_trainer.h"

#include <fmt/format.h>
#include <torch/autograd.h>
#include <torch/nn/functional/loss.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

#include "compute/seeding.h"
#include "compute/torch_device.h"
#include "compute/torch_shim.h"
#include "core/digest.h"
#include "core/error.h"
#include "core/signals.h"
#include "data/photos/pixel_scaling.h"
#include "data/prefetch.h"
#include "models/classifier_file.h"
#include "models/module_state.h"
#include "models/pretrained.h"
#include "train/adam.h"
#include "train/checkpoint.h"
#include "train/epoch_batches.h"
#include "train/finite.h"
#include "train/image_set.h"
#include "train/loss_meter.h"
#include "train/metrics_log.h"
#include "train/pace.h"
#include "train/photo_batches.h"
#include "train/photo_evaluation.h"

namespace ersatz::train {

namespace {

constexpr const char* kNetwork = "network/";
constexpr const char* kOptimiser = "adam/";

void check(const data::PhotoSet& train, const data::PhotoSet& validation,
           const PhotoTraining& training) {
  if (training.epochs < 1) throw core::Error::usage("the classifier needs at least one epoch");
  if (!(training.weight_decay >= 0)) {
    throw core::Error::usage("the classifier's weight decay must not be negative");
  }
  data::check(training.augmentation);
  for (const data::PhotoSet* set : {&train, &validation}) {
    if (set->size() == 0) {
      throw core::Error::usage(
          fmt::format("there are no photos to {} on", set == &train ? "train" : "validate"));
    }
  }
  if (train.classes != validation.classes) {
    throw core::Error::usage("the training and validation photos have different classes");
  }
}

core::Json to_json(const LearningRateSchedule& schedule) {
  return {{"kind", schedule_name(schedule.kind)},
          {"base", schedule.base},
          {"decay_rate", schedule.decay_rate},
          {"decay_every", schedule.decay_every},
          {"warmup_steps", schedule.warmup_steps}};
}

// Everything the result depends on besides numerics.
core::Json configuration(const data::PhotoSet& train, const data::PhotoSet& validation,
                         const PhotoTraining& training, std::uint64_t seed) {
  core::Json result = describe(training);
  result["training"] = "photo-classifier";
  result["train_photos"] = images_digest(train.images);
  result["validation_photos"] = images_digest(validation.images);
  result["classes"] = train.classes;
  result["seed"] = seed;
  if (!training.pretrained.empty()) {
    result["pretrained"] = core::sha256_file(training.pretrained);
  }
  return result;
}

// Sums over the training batches of an epoch, on the device.
class EpochSums {
 public:
  explicit EpochSums(const c10::Device& device)
      : sums_(torch::zeros({2}, torch::dtype(torch::kFloat64).device(device))) {}

  void add(const torch::Tensor& loss, const torch::Tensor& logits, const torch::Tensor& labels) {
    const torch::NoGradGuard no_grad;
    const auto count = labels.size(0);
    sums_[0].add_(loss.detach(), static_cast<double>(count));
    sums_[1].add_(logits.detach().argmax(1).eq(labels).sum());
    count_ += count;
  }
  double loss() const { return sums_[0].item<double>() / static_cast<double>(count_); }
  double accuracy() const { return sums_[1].item<double>() / static_cast<double>(count_); }
  void reset() {
    sums_.zero_();
    count_ = 0;
  }

  core::Json state() const { return {sums_[0].item<double>(), sums_[1].item<double>(), count_}; }
  void load_state(const core::Json& state) {
    sums_[0].fill_(state.at(0).get<double>());
    sums_[1].fill_(state.at(1).get<double>());
    count_ = state.at(2).get<std::int64_t>();
  }

 private:
  torch::Tensor sums_;  // of the loss, of right answers
  std::int64_t count_ = 0;
};

EpochMetrics metrics_of(const core::Json& json) {
  EpochMetrics metrics;
  metrics.epoch = json.at("epoch").get<std::int64_t>();
  metrics.train_loss = json.at("train_loss").get<double>();
  metrics.train_accuracy = json.at("train_accuracy").get<double>();
  metrics.validation_loss = json.at("validation_loss").get<double>();
  metrics.validation_accuracy = json.at("validation_accuracy").get<double>();
  return metrics;
}

// One training from its first or its last saved step to the end.
class Training {
 public:
  Training(const data::PhotoSet& train, const data::PhotoSet& validation,
           const PhotoTraining& training, const TrainingRun& run)
      : train_(train),
        validation_(validation),
        training_(training),
        run_(run),
        device_(compute::torch_device(run.device)),
        scaling_(data::pixel_scaling(training.scaling)),
        scaler_(scaling_),
        batches_(static_cast<std::int64_t>(train.size()), training.batch_size, run.seed,
                 "photos/batches"),
        total_(training.epochs * batches_.steps_per_epoch()),
        checkpoints_(run.checkpoint_folder, configuration(train, validation, training, run.seed)),
        meter_("the classifier's loss"),
        sums_(device_) {
    description_.architecture = training.network;
    description_.architecture.classes = static_cast<std::int64_t>(train.classes.size());
    description_.classes = train.classes;
    description_.scaling = training.scaling;
    network_ = models::make_image_classifier(description_.architecture, run.seed);
    if (!training.pretrained.empty()) {
      result_.replaced_head = models::load_pretrained(*network_, training.pretrained).replaced_head;
    }
    network_->to(device_);
    network_->train();
    std::vector<AdamParameter> parameters;
    compute::for_each_parameter(*network_, [&](const std::string& name, const torch::Tensor& t) {
      parameters.push_back({name, t, true});
    });
    AdamOptions options;
    options.weight_decay = training.weight_decay;
    adam_ = std::make_unique<Adam>(std::move(parameters), options);
    restore();
  }

  PhotoTrainingResult finish(const std::filesystem::path& weights_file) {
    const MetricsLog log(run_.metrics_file, step_);
    Pace pace(run_, step_, total_, training_.batch_size);
    // A batch per step from here on; the order of an epoch is looked up on the other thread.
    data::Prefetch<PhotoBatch> prefetch(step_, total_, [this](std::int64_t step) {
      return augmented_batch(train_, batches_.batch(step), scaler_, training_.augmentation,
                             run_.seed, batches_.epoch_of(step));
    });
    while (pace.goes_on(step_)) {
      const double rate = update(prefetch.next());
      if (pace.log_due(step_)) {
        meter_.flush();
        log.append(
            {{"step", step_},
             {"loss", meter_.mean()},
             {"learning_rate", rate},
             {"images_per_second", std::round(10 * pace.recent_images_per_second(step_)) / 10}});
        last_loss_ = meter_.mean();
        meter_.reset();
      }
      if (step_ % batches_.steps_per_epoch() == 0) end_epoch(log);
      pace.show(step_, last_loss_);
      if (pace.checkpoint_due(step_)) {
        save();
        core::stop_point();
      }
    }
    result_.steps = step_;
    result_.finished = pace.complete(step_);
    result_.images_per_second = pace.images_per_second(step_);
    if (result_.finished) models::save_image_classifier(weights_file, *network_, description_);
    return result_;
  }

 private:
  // One step; returns its learning rate.
  double update(const PhotoBatch& batch) {
    compute::seed_step(run_.seed, "photos", static_cast<std::uint64_t>(step_));
    const torch::Tensor labels = batch.labels.to(device_);
    const torch::Tensor logits = network_->forward(batch.images.to(device_));
    const torch::Tensor loss = torch::nn::functional::cross_entropy(logits, labels);
    loss.backward();
    meter_.add(loss.detach(), step_ + 1);
    sums_.add(loss, logits, labels);
    const double rate = training_.learning_rate.at(step_, total_);
    adam_->step(rate, training_.learning_rate.beta1(step_, total_, AdamOptions{}.beta1));
    ++step_;
    return rate;
  }

  void end_epoch(const MetricsLog& log) {
    meter_.flush();
    EvaluationRun evaluation;
    evaluation.device = run_.device;
    const PhotoEvaluation on_validation =
        evaluate_photos(*network_, validation_, scaling_, evaluation);
    EpochMetrics metrics;
    metrics.epoch = step_ / batches_.steps_per_epoch();
    metrics.train_loss = sums_.loss();
    metrics.train_accuracy = sums_.accuracy();
    metrics.validation_loss = on_validation.loss;
    metrics.validation_accuracy = on_validation.accuracy;
    sums_.reset();
    result_.epochs.push_back(metrics);
    core::Json line = {{"step", step_}};
    line.update(train::to_json(metrics));
    log.append(line);
  }

  void restore() {
    const auto saved = checkpoints_.load();
    if (!saved) return;
    step_ = saved->step;
    models::NamedTensors weights = saved->tensors, moments;
    for (const auto& [name, tensor] : saved->tensors) {
      if (name.compare(0, 5, kOptimiser) == 0) moments.insert(weights.extract(name));
    }
    models::load_module_state(*network_, weights, saved->file, kNetwork);
    adam_->load_state(moments, kOptimiser, step_, saved->file);
    meter_.load_state(saved->state.at("loss"));
    last_loss_ = saved->state.at("last_loss").get<double>();
    sums_.load_state(saved->state.at("epoch_sums"));
    for (const core::Json& metrics : saved->state.at("epochs")) {
      result_.epochs.push_back(metrics_of(metrics));
    }
  }

  void save() {
    meter_.flush();
    Checkpoint checkpoint;
    checkpoint.step = step_;
    checkpoint.tensors = models::module_state(*network_, kNetwork);
    require_finite(checkpoint.tensors, step_);
    checkpoint.tensors.merge(adam_->state(kOptimiser));
    checkpoint.state["loss"] = meter_.state();
    checkpoint.state["last_loss"] = last_loss_;
    checkpoint.state["epoch_sums"] = sums_.state();
    checkpoint.state["epochs"] = core::Json::array();
    for (const EpochMetrics& metrics : result_.epochs) {
      checkpoint.state["epochs"].push_back(train::to_json(metrics));
    }
    checkpoints_.save(checkpoint);
  }

  const data::PhotoSet& train_;
  const data::PhotoSet& validation_;
  const PhotoTraining& training_;
  const TrainingRun& run_;
  c10::Device device_;
  data::PixelScaling scaling_;
  data::PixelScaler scaler_;
  EpochBatches batches_;
  std::int64_t total_;
  CheckpointFolder checkpoints_;
  models::ClassifierDescription description_;
  std::shared_ptr<models::ImageClassifier> network_;
  std::unique_ptr<Adam> adam_;
  LossMeter meter_;
  EpochSums sums_;
  std::int64_t step_ = 0;
  double last_loss_ = 0;  // of the last logging interval
  PhotoTrainingResult result_;
};

}  // namespace

core::Json describe(const PhotoTraining& training) {
  const models::ClassifierArchitecture& network = training.network;
  return {{"network", network.name},
          {"width", network.width},
          {"small_stem", network.small_stem},
          {"zero_init_residual", network.zero_init_residual},
          {"dropout", network.dropout},
          {"pretrained", training.pretrained.empty() ? "" : "yes"},
          {"pixel_scaling", training.scaling},
          {"augmentation", data::describe(training.augmentation)},
          {"epochs", training.epochs},
          {"batch_size", training.batch_size},
          {"learning_rate", to_json(training.learning_rate)},
          {"weight_decay", training.weight_decay}};
}

core::Json to_json(const EpochMetrics& metrics) {
  return {{"epoch", metrics.epoch},
          {"train_loss", metrics.train_loss},
          {"train_accuracy", metrics.train_accuracy},
          {"validation_loss", metrics.validation_loss},
          {"validation_accuracy", metrics.validation_accuracy}};
}

PhotoTrainingResult train_photo_classifier(const data::PhotoSet& train,
                                           const data::PhotoSet& validation,
                                           const PhotoTraining& training, const TrainingRun& run,
                                           const std::filesystem::path& weights_file) {
  check(train, validation, training);
  return Training(train, validation, training, run).finish(weights_file);
}

std::size_t best_by_validation(const std::vector<PhotoTrainingResult>& results) {
  const auto rank = [](const PhotoTrainingResult& result) {
    if (result.epochs.empty()) {
      throw core::Error::internal("a training without a finished epoch to be compared");
    }
    const EpochMetrics& last = result.epochs.back();
    return std::make_pair(last.validation_accuracy, -last.validation_loss);
  };
  if (results.empty()) throw core::Error::internal("no trainings to choose from");
  std::size_t best = 0;
  for (std::size_t i = 1; i < results.size(); ++i) {
    if (rank(results[i]) > rank(results[best])) best = i;
  }
  return best;
}

}  // namespace ersatz::train
