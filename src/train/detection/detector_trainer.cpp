#include "train/detection/detector_trainer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compute/seeding.h"
#include "compute/torch_device.h"
#include "compute/torch_shim.h"
#include "core/error.h"
#include "data/prefetch.h"
#include "models/conv_layer.h"
#include "models/detection/detector_file.h"
#include "models/detection/detector_weights.h"
#include "models/module_state.h"
#include "train/detection/autocast.h"
#include "train/detection/detection_batches.h"
#include "train/detection/detection_loss.h"
#include "train/detection/detector_optimiser.h"
#include "train/detection/detector_recipe.h"
#include "train/detection/norm_calibration.h"
#include "train/ema.h"
#include "train/epoch_batches.h"
#include "train/finite.h"
#include "train/training_loop.h"

namespace ersatz::train {

namespace {

constexpr const char* kNetwork = "network/";
constexpr const char* kOptimiser = "optimiser/";
constexpr const char* kAverage = "average/";
constexpr std::int64_t kCalibrationPictures = 128;  // at least, or all of an epoch

// Parameters and buffers of real numbers, sharing the module's memory.
models::NamedTensors averaged_tensors(const torch::nn::Module& module) {
  models::NamedTensors tensors = live_parameters(module);
  compute::for_each_buffer(module, [&](const std::string& name, const torch::Tensor& tensor) {
    if (tensor.is_floating_point()) tensors.emplace(name, tensor);
  });
  return tensors;
}

void set_training(torch::nn::Module& network, bool frozen_norms) {
  network.train();
  if (!frozen_norms) return;
  for (const auto& module : network.modules()) {
    auto* norm = dynamic_cast<models::NormLayer*>(module.get());
    if (norm == nullptr) continue;
    norm->eval();
    for (torch::Tensor& parameter : norm->parameters()) parameter.set_requires_grad(false);
  }
}

std::string place_of(std::int64_t step, const std::vector<std::string>& pictures) {
  return fmt::format("step {}, pictures {}", step + 1, fmt::join(pictures, ", "));
}

class Training final : public Trainee {
 public:
  Training(const data::DetectionSet& train, const ValidateDetector& validate,
           const DetectorTraining& training, const TrainingRun& run, std::filesystem::path folder)
      : train_(train),
        validate_(validate),
        run_(run),
        folder_(std::move(folder)),
        device_(compute::torch_device(run.device)),
        batches_(static_cast<std::int64_t>(train.pictures.size()), training.batch_size, run.seed,
                 "detection/batches"),
        loss_scale_(training.type) {
    check_training_type(training.type, device_);
    training_ = with_optimiser(training, training.epochs * steps_per_epoch(),
                               static_cast<std::int64_t>(train.classes.size()));
    description_.architecture = training.network;
    description_.architecture.classes = static_cast<std::int64_t>(train.classes.size());
    description_.classes = train.classes;
    description_.size = train.size;
    network_ = models::make_detector(description_.architecture, run.seed);
    if (!training.weights.empty()) {
      taken_ = models::begin_with_weights(*network_, training.weights);
    }
    network_->to(device_);
    set_training(*network_, training_.frozen_norms);
    loss_ = make_detection_loss(*network_);
    meters_.emplace_back("the detector's loss");
    for (const char* name : loss_->part_names()) meters_.emplace_back(name);
    update_ = std::make_unique<DetectorUpdate>(*network_, training_);
    start_average();
  }

  std::int64_t steps_per_epoch() const {
    const std::int64_t batches = batches_.steps_per_epoch();
    return (batches + training_.accumulate - 1) / training_.accumulate;
  }
  std::int64_t steps() const { return training_.epochs * steps_per_epoch(); }
  void fill(DetectorTrainingResult& result) const {
    result.epochs = epochs_;
    result.best_epoch = best_epoch_;
    result.drawn = taken_.drawn;
  }

  std::vector<LoggedLoss> losses() override {
    std::vector<LoggedLoss> logged = {{"loss", &meters_[0]}};
    const std::vector<const char*> names = loss_->part_names();
    for (std::size_t i = 0; i < names.size(); ++i) logged.push_back({names[i], &meters_[i + 1]});
    return logged;
  }

  void load(const Checkpoint& saved) override {
    models::NamedTensors weights = saved.tensors;
    const models::NamedTensors moments = models::take_prefixed(weights, kOptimiser);
    const models::NamedTensors averages = models::take_prefixed(weights, kAverage);
    models::load_module_state(*network_, weights, saved.file, kNetwork);
    const core::Json& state = saved.state;
    update_->load_state(moments, kOptimiser, state.at("updates").get<std::int64_t>(), saved.file);
    average_->load_state(averages, kAverage, state.at("averaged").get<std::int64_t>(), saved.file);
    loss_scale_.load_state(state.at("loss_scale"));
    epoch_sum_ = state.at("epoch_sum").get<double>();
    best_epoch_ = state.at("best_epoch").get<std::int64_t>();
    best_fitness_ = state.at("best_fitness").get<double>();
    for (const core::Json& epoch : state.at("epochs")) epochs_.push_back(epoch_of(epoch));
  }

  void begin(std::int64_t step) override {
    if (step == 0 && !taken_.unfolded.empty()) calibrate();
    const std::int64_t first = batch_at(step), last = batch_at(steps());
    prefetch_.emplace(first, last, [this](std::int64_t at) { return batch(at); });
  }

  void update(std::int64_t step) override {
    compute::seed_step(run_.seed, "detection", static_cast<std::uint64_t>(step));
    seen_.clear();
    for (std::int64_t at = batch_at(step); at < batch_at(step + 1); ++at) {
      learn_from(prefetch_->next(), step);
    }
    const torch::Tensor norm =
        clip_gradients(update_->parameters(), 1 / loss_scale_.scale(), training_.clip_norm);
    if (loss_scale_.dynamic()) {
      if (!loss_scale_.accept(std::isfinite(norm.item<double>()))) {
        update_->drop_gradients();
        return;
      }
    } else if (norm.is_cpu() && !std::isfinite(norm.item<double>())) {
      // A finite loss can have gradients that are not. Elsewhere reading the norm would wait for
      // the device: there the loss of the next update tells.
      throw core::Error::numeric("the norm of the gradients of the detector's loss",
                                 place_of(step, seen_));
    }
    update_->step(detector_rates(training_, step, steps_per_epoch()));
    average_->update();
  }

  core::Json line(std::int64_t step) override {
    const DetectorRates rates = detector_rates(training_, step - 1, steps_per_epoch());
    return {{"epoch", (step - 1) / steps_per_epoch() + 1}, {"learning_rate", rates.rate}};
  }

  void after_update(std::int64_t step, const MetricsLog& log) override {
    if (step % steps_per_epoch() != 0) return;
    const std::int64_t epoch = step / steps_per_epoch();
    if (epoch % training_.validate_every != 0 && step != steps()) {
      epoch_sum_ = 0;
      return;
    }
    DetectorEpoch result;
    result.epoch = epoch;
    result.loss = epoch_sum_ / static_cast<double>(batches_.steps_per_epoch());
    epoch_sum_ = 0;
    network_->eval();
    {
      const AveragedWeights averaged(*average_);
      if (validate_) result.scores = validate_(*network_);
      write(epoch, result.scores);
    }
    set_training(*network_, training_.frozen_norms);
    epochs_.push_back(result);
    core::Json line = {{"step", step}};
    line.update(to_json(result));
    log.append(line);
  }

  models::NamedTensors tensors(std::int64_t step) const override {
    models::NamedTensors all = models::module_state(*network_, kNetwork);
    require_finite(all, step);
    all.merge(update_->state(kOptimiser));
    all.merge(average_->state(kAverage));
    return all;
  }

  core::Json state() const override {
    core::Json state = {{"updates", update_->updates()},     {"averaged", average_->updates()},
                        {"loss_scale", loss_scale_.state()}, {"epoch_sum", epoch_sum_},
                        {"best_epoch", best_epoch_},         {"best_fitness", best_fitness_},
                        {"epochs", core::Json::array()}};
    for (const DetectorEpoch& epoch : epochs_) state["epochs"].push_back(to_json(epoch));
    return state;
  }

 private:
  // Batch number `at` of the training.
  DetectionBatch batch(std::int64_t at) {
    const std::int64_t epoch = batches_.epoch_of(at);
    data::DetectionAugmentation augmentation = training_.augmentation;
    if (epoch >= training_.epochs - training_.close_mosaic) augmentation.mosaic = 0;
    return detection_batch(train_, batches_.batch(at), augmentation, run_.seed, epoch);
  }

  // With the first pictures of the first epoch, as they will be seen.
  void calibrate() {
    const std::int64_t wanted =
        (kCalibrationPictures + training_.batch_size - 1) / training_.batch_size;
    calibrate_norms(*network_, taken_, std::min(wanted, batches_.steps_per_epoch()),
                    [this](std::int64_t at) { return detection_input(batch(at).images, device_); });
    set_training(*network_, training_.frozen_norms);
    start_average();
  }

  void start_average() {
    EmaOptions options;
    options.decay = training_.ema_decay;
    options.ramp = training_.ema_ramp;
    average_ = std::make_unique<Ema>(averaged_tensors(*network_), options);
  }

  // Number of the first batch of update `step`: the last of an epoch may have fewer.
  std::int64_t batch_at(std::int64_t step) const {
    const std::int64_t epoch = step / steps_per_epoch(), inside = step % steps_per_epoch();
    return epoch * batches_.steps_per_epoch() + inside * training_.accumulate;
  }

  void learn_from(const DetectionBatch& batch, std::int64_t step) {
    seen_.insert(seen_.end(), batch.names.begin(), batch.names.end());
    const torch::Tensor images = detection_input(batch.images, device_);
    models::DetectorMaps maps;
    {
      const Autocast autocast(training_.type);
      maps = network_->maps(images);
    }
    const DetectionLosses losses = (*loss_)(maps, batch.targets, train_.size);
    (losses.total * loss_scale_.scale()).backward();
    // Read at every update: a loss that is no number must not reach the weights, and the batch that
    // it comes from is known. On CUDA this waits for the device, while the next batch is made.
    const double total = losses.total.detach().item<double>();
    if (!std::isfinite(total)) {
      throw core::Error::numeric("the detector's loss", place_of(step, batch.names));
    }
    epoch_sum_ += total;
    meters_[0].add(losses.total.detach(), step + 1);
    for (std::size_t i = 0; i < losses.parts.size(); ++i) {
      meters_[i + 1].add(losses.parts[i], step + 1);
    }
  }

  // The network has the averaged weights.
  void write(std::int64_t epoch, const DetectorScores& scores) {
    const models::NamedTensors weights = models::module_state(*network_);
    require_finite(weights, epoch * steps_per_epoch());
    models::save_detector(folder_ / "last.safetensors", weights, description_);
    const double fitness = 0.9 * scores.ap() + 0.1 * scores.ap50();
    if (validate_ && best_epoch_ > 0 && !(fitness > best_fitness_)) return;
    best_epoch_ = epoch;
    best_fitness_ = fitness;
    models::save_detector(folder_ / "best.safetensors", weights, description_);
  }

  const data::DetectionSet& train_;
  const ValidateDetector& validate_;
  const TrainingRun& run_;
  std::filesystem::path folder_;
  DetectorTraining training_;
  c10::Device device_;
  EpochBatches batches_;
  models::DetectorDescription description_;
  std::shared_ptr<models::Detector> network_;
  models::TakenWeights taken_;
  std::unique_ptr<DetectionLoss> loss_;
  std::unique_ptr<DetectorUpdate> update_;
  std::unique_ptr<Ema> average_;
  LossScale loss_scale_;
  std::vector<LossMeter> meters_;
  std::vector<std::string> seen_;  // pictures of the update
  double epoch_sum_ = 0;           // of the batches' losses
  std::vector<DetectorEpoch> epochs_;
  std::int64_t best_epoch_ = 0;
  double best_fitness_ = 0;
  std::optional<data::Prefetch<DetectionBatch>> prefetch_;  // last: it reads the others
};

}  // namespace

DetectorTrainingResult train_detector(const data::DetectionSet& train,
                                      const ValidateDetector& validate,
                                      const DetectorTraining& training, const TrainingRun& run,
                                      const std::filesystem::path& folder) {
  check_training(train, training);
  Training state(train, validate, training, run, folder);
  const TrainingOutcome outcome =
      run_training(state, run, training_configuration(train, training, run.seed), state.steps(),
                   training.batch_size * training.accumulate);
  DetectorTrainingResult result;
  result.steps = outcome.steps;
  result.finished = outcome.finished;
  result.images_per_second = outcome.images_per_second;
  state.fill(result);
  return result;
}

}  // namespace ersatz::train
