#include "train/photo_classifier_trainer.h"

#include <fmt/format.h>
#include <torch/autograd.h>
#include <torch/nn/functional/loss.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <optional>

#include "compute/seeding.h"
#include "compute/to_device.h"
#include "compute/torch_device.h"
#include "compute/torch_shim.h"
#include "core/digest.h"
#include "core/error.h"
#include "data/photos/pixel_scaling.h"
#include "data/prefetch.h"
#include "models/classifier_file.h"
#include "models/module_state.h"
#include "models/pretrained.h"
#include "train/adam.h"
#include "train/epoch_batches.h"
#include "train/finite.h"
#include "train/image_set.h"
#include "train/parted_update.h"
#include "train/photo_batches.h"
#include "train/photo_evaluation.h"
#include "train/training_loop.h"

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
                         const PhotoTraining& training, const TrainingRun& run) {
  core::Json result = describe(training);
  result["training"] = "photo-classifier";
  result["train_photos"] = images_digest(train.images);
  result["validation_photos"] = images_digest(validation.images);
  result["classes"] = train.classes;
  result["seed"] = run.seed;
  if (parts_of(run) > 1) result["parts"] = parts_of(run);
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

  // A batch of `count`: mean loss, and how many answers were right.
  void add(const torch::Tensor& loss, const torch::Tensor& right, std::int64_t count) {
    sums_[0].add_(loss, static_cast<double>(count));
    sums_[1].add_(right);
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

class Training final : public Trainee {
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
        sums_(device_) {
    description_.architecture = training.network;
    description_.architecture.classes = static_cast<std::int64_t>(train.classes.size());
    description_.classes = train.classes;
    description_.scaling = training.scaling;
    network_ = models::make_image_classifier(description_.architecture, run.seed);
    if (!training.pretrained.empty()) {
      replaced_head_ = models::load_pretrained(*network_, training.pretrained).replaced_head;
    }
    network_->to(device_);
    network_->train();
    parted_.emplace(*network_, run);
    std::vector<AdamParameter> parameters;
    compute::for_each_parameter(*network_, [&](const std::string& name, const torch::Tensor& t) {
      parameters.push_back({name, t, true});
    });
    AdamOptions options;
    options.weight_decay = training.weight_decay;
    adam_ = std::make_unique<Adam>(std::move(parameters), options);
  }

  std::int64_t steps() const { return training_.epochs * batches_.steps_per_epoch(); }
  const std::vector<EpochMetrics>& epochs() const { return epochs_; }
  const std::vector<std::string>& replaced_head() const { return replaced_head_; }
  void write(const std::filesystem::path& weights_file) const {
    models::save_image_classifier(weights_file, *network_, description_);
  }

  std::vector<LoggedLoss> losses() override { return {{"loss", &meter_}}; }

  void load(const Checkpoint& saved) override {
    models::NamedTensors weights = saved.tensors;
    const models::NamedTensors moments = models::take_prefixed(weights, kOptimiser);
    models::load_module_state(*network_, weights, saved.file, kNetwork);
    adam_->load_state(moments, kOptimiser, saved.step, saved.file);
    sums_.load_state(saved.state.at("epoch_sums"));
    for (const core::Json& metrics : saved.state.at("epochs")) {
      epochs_.push_back(metrics_of(metrics));
    }
  }

  void begin(std::int64_t step) override {
    // A batch per step from here on; the order of an epoch is looked up on the other thread.
    prefetch_.emplace(step, steps(), [this](std::int64_t at) {
      const std::vector<std::int64_t> all = batches_.batch(at);
      const compute::PartRange own = parted_->own_samples(static_cast<std::int64_t>(all.size()));
      OwnBatch batch{static_cast<std::int64_t>(all.size()), own.first, {}};
      if (own.count == 0) return batch;
      batch.photos =
          augmented_batch(train_, {all.begin() + own.first, all.begin() + own.end()}, scaler_,
                          training_.augmentation, run_.seed, batches_.epoch_of(at));
      return batch;
    });
  }

  void update(std::int64_t step) override {
    const OwnBatch batch = prefetch_->next();
    const torch::Tensor sums = parted_->run([&](std::int64_t part) {
      compute::seed_step(run_.seed, part_stream("photos", part), static_cast<std::uint64_t>(step));
      return learn_from(batch, part);
    });
    meter_.add(sums[0], step + 1);
    sums_.add(sums[0], sums[1], batch.size);
    adam_->step(rate(step), training_.learning_rate.beta1(step, steps(), AdamOptions{}.beta1));
  }

  core::Json line(std::int64_t step) override { return {{"learning_rate", rate(step - 1)}}; }

  void after_update(std::int64_t step, const MetricsLog& log) override {
    if (step % batches_.steps_per_epoch() != 0) return;
    meter_.flush();
    EvaluationRun evaluation;
    evaluation.device = run_.device;
    const PhotoEvaluation on_validation =
        evaluate_photos(*network_, validation_, scaling_, evaluation);
    EpochMetrics metrics;
    metrics.epoch = step / batches_.steps_per_epoch();
    metrics.train_loss = sums_.loss();
    metrics.train_accuracy = sums_.accuracy();
    metrics.validation_loss = on_validation.loss;
    metrics.validation_accuracy = on_validation.accuracy;
    sums_.reset();
    epochs_.push_back(metrics);
    core::Json line = {{"step", step}};
    line.update(train::to_json(metrics));
    log.append(line);
  }

  models::NamedTensors tensors(std::int64_t step) const override {
    models::NamedTensors all = models::module_state(*network_, kNetwork);
    require_finite(all, step);
    all.merge(adam_->state(kOptimiser));
    return all;
  }
  core::Json state() const override {
    core::Json state = {{"epoch_sums", sums_.state()}, {"epochs", core::Json::array()}};
    for (const EpochMetrics& metrics : epochs_) {
      state["epochs"].push_back(train::to_json(metrics));
    }
    return state;
  }

 private:
  // Of a batch of `size` photos those of this rank, which begin with number `first`.
  struct OwnBatch {
    std::int64_t size = 0, first = 0;
    PhotoBatch photos;
  };

  double rate(std::int64_t step) const { return training_.learning_rate.at(step, steps()); }

  // The part's share of the batch's mean cross-entropy, and how many answers were right.
  torch::Tensor learn_from(const OwnBatch& batch, std::int64_t part) {
    const compute::PartRange range = parted_->samples(batch.size, part);
    if (range.count == 0) return torch::zeros({2}, torch::dtype(torch::kFloat32).device(device_));
    const std::int64_t at = range.first - batch.first;
    const auto own = [&](const torch::Tensor& x) {
      return compute::to_device(x.narrow(0, at, range.count), device_);
    };
    const torch::Tensor labels = own(batch.photos.labels);
    const torch::Tensor logits = network_->forward(own(batch.photos.images));
    torch::Tensor loss = torch::nn::functional::cross_entropy(logits, labels);
    if (parted_->parts() > 1) {
      loss = loss * (static_cast<double>(range.count) / static_cast<double>(batch.size));
    }
    loss.backward();
    const torch::NoGradGuard no_grad;
    return torch::stack(
        {loss.detach(), logits.detach().argmax(1).eq(labels).sum().to(torch::kFloat32)});
  }

  const data::PhotoSet& train_;
  const data::PhotoSet& validation_;
  const PhotoTraining& training_;
  const TrainingRun& run_;
  c10::Device device_;
  data::PixelScaling scaling_;
  data::PixelScaler scaler_;
  EpochBatches batches_;
  models::ClassifierDescription description_;
  std::shared_ptr<models::ImageClassifier> network_;
  std::vector<std::string> replaced_head_;
  std::optional<PartedUpdate> parted_;
  std::unique_ptr<Adam> adam_;
  LossMeter meter_{"the classifier's loss"};
  EpochSums sums_;
  std::vector<EpochMetrics> epochs_;
  std::optional<data::Prefetch<OwnBatch>> prefetch_;  // last: it reads the others
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
  Training state(train, validation, training, run);
  const TrainingOutcome outcome =
      run_training(state, run, configuration(train, validation, training, run), state.steps(),
                   training.batch_size);
  PhotoTrainingResult result;
  result.steps = outcome.steps;
  result.finished = outcome.finished;
  result.epochs = state.epochs();
  result.replaced_head = state.replaced_head();
  result.images_per_second = outcome.images_per_second;
  if (result.finished && writes_files(run)) state.write(weights_file);
  return result;
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
