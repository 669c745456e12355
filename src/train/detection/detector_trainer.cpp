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

#include "compute/ranks/rank_group.h"
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
#include "train/parted_update.h"
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
    parted_.emplace(*network_, run);
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
    prefetch_.emplace(first, last, [this](std::int64_t at) { return own_parts(at); });
  }

  void update(std::int64_t step) override {
    std::vector<OwnParts> batches;
    seen_.clear();
    for (std::int64_t at = batch_at(step); at < batch_at(step + 1); ++at) {
      batches.push_back(prefetch_->next());
      for (const DetectionBatch& part : batches.back().parts) {
        seen_.insert(seen_.end(), part.names.begin(), part.names.end());
      }
    }
    // Of every batch the total and the parts of the loss.
    const torch::Tensor losses = parted_->run([&](std::int64_t part) {
      compute::seed_step(run_.seed, part_stream("detection", part),
                         static_cast<std::uint64_t>(step));
      std::vector<torch::Tensor> numbers;
      for (const OwnParts& batch : batches) numbers.push_back(learn_from(batch, part, step));
      return torch::stack(numbers);
    });
    for (std::int64_t at = 0; at < losses.size(0); ++at) {
      epoch_sum_ += losses[at][0].item<double>();
      for (std::size_t i = 0; i < meters_.size(); ++i) {
        meters_[i].add(losses[at][static_cast<std::int64_t>(i)], step + 1);
      }
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
    if (!writes_files(run_)) {
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
  // Of a batch of `size` pictures the parts that this rank has, beginning with number `first`; one
  // by one, so that the padding of their targets does not depend on the number of ranks.
  struct OwnParts {
    std::int64_t size = 0, first = 0;
    std::vector<DetectionBatch> parts;  // without pictures: that is empty
  };

  OwnParts own_parts(std::int64_t at) {
    const std::vector<std::int64_t> all = batches_.batch(at);
    OwnParts own{static_cast<std::int64_t>(all.size()), parted_->own_parts().first, {}};
    for (std::int64_t part = own.first; part < parted_->own_parts().end(); ++part) {
      const compute::PartRange range = parted_->samples(own.size, part);
      own.parts.push_back(range.count == 0
                              ? DetectionBatch()
                              : batch(at, {all.begin() + range.first, all.begin() + range.end()}));
    }
    return own;
  }

  // These pictures as they are in batch number `at` of the training.
  DetectionBatch batch(std::int64_t at, const std::vector<std::int64_t>& pictures) const {
    const std::int64_t epoch = batches_.epoch_of(at);
    data::DetectionAugmentation augmentation = training_.augmentation;
    if (epoch >= training_.epochs - training_.close_mosaic) augmentation.mosaic = 0;
    return detection_batch(train_, pictures, augmentation, run_.seed, epoch);
  }

  // With the first pictures of the first epoch, as they will be seen.
  void calibrate() {
    const std::int64_t wanted =
        (kCalibrationPictures + training_.batch_size - 1) / training_.batch_size;
    calibrate_norms(*network_, taken_, std::min(wanted, batches_.steps_per_epoch()),
                    [this](std::int64_t at) {
                      return detection_input(batch(at, batches_.batch(at)).images, device_);
                    });
    set_training(*network_, training_.frozen_norms);
    share_network();
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

  // What rank 0 has made of it, on all: other machines round otherwise.
  void share_network() {
    if (run_.ranks == nullptr) return;
    const torch::NoGradGuard no_grad;
    const auto share = [&](const std::string& /*name*/, torch::Tensor tensor) {
      if (tensor.numel() == 0) return;
      torch::Tensor dense = tensor.contiguous();
      run_.ranks->broadcast(dense, 0);
      tensor.copy_(dense);
    };
    compute::for_each_parameter(*network_, share);
    compute::for_each_buffer(*network_, share);
  }

  // The part's share of a batch's loss: its total and its parts.
  torch::Tensor learn_from(const OwnParts& own, std::int64_t part, std::int64_t step) {
    const DetectionBatch& batch = own.parts[static_cast<std::size_t>(part - own.first)];
    if (batch.names.empty()) {
      return torch::zeros({static_cast<std::int64_t>(meters_.size())},
                          torch::dtype(torch::kFloat32).device(device_));
    }
    const torch::Tensor images = detection_input(batch.images, device_);
    models::DetectorMaps maps;
    {
      const Autocast autocast(training_.type);
      maps = network_->maps(images);
    }
    DetectionLosses losses = (*loss_)(maps, batch.targets, train_.size);
    const double share = static_cast<double>(batch.names.size()) / static_cast<double>(own.size);
    if (parted_->parts() > 1 && loss_->is_mean()) losses.total = losses.total * share;
    (losses.total * loss_scale_.scale()).backward();
    // Read at every update: a loss that is no number must not reach the weights, and the batch that
    // it comes from is known. On CUDA this waits for the device, while the next batch is made.
    const double total = losses.total.detach().item<double>();
    if (!std::isfinite(total)) {
      throw core::Error::numeric("the detector's loss", place_of(step, batch.names));
    }
    const torch::NoGradGuard no_grad;
    std::vector<torch::Tensor> numbers = {losses.total.detach()};
    for (const torch::Tensor& one : losses.parts) numbers.push_back(one * share);
    return torch::stack(numbers);
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
  std::optional<PartedUpdate> parted_;
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
  std::optional<data::Prefetch<OwnParts>> prefetch_;  // last: it reads the others
};

}  // namespace

DetectorTrainingResult train_detector(const data::DetectionSet& train,
                                      const ValidateDetector& validate,
                                      const DetectorTraining& training, const TrainingRun& run,
                                      const std::filesystem::path& folder) {
  check_training(train, training);
  Training state(train, validate, training, run, folder);
  const TrainingOutcome outcome =
      run_training(state, run, training_configuration(train, training, run), state.steps(),
                   training.batch_size * training.accumulate);
  DetectorTrainingResult result;
  result.steps = outcome.steps;
  result.finished = outcome.finished;
  result.images_per_second = outcome.images_per_second;
  state.fill(result);
  return result;
}

}  // namespace ersatz::train
