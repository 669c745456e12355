#include "train/classifier_trainer.h"

#include <torch/autograd.h>
#include <torch/nn/functional/loss.h>
#include <torch/types.h>

#include <optional>
#include <string>
#include <vector>

#include "compute/seeding.h"
#include "compute/torch_device.h"
#include "compute/torch_shim.h"
#include "core/error.h"
#include "core/philox.h"
#include "models/digit_classifier.h"
#include "models/module_state.h"
#include "train/adam.h"
#include "train/epoch_sampler.h"
#include "train/finite.h"
#include "train/image_set.h"
#include "train/parted_update.h"
#include "train/shared_settings.h"
#include "train/training_loop.h"

namespace ersatz::train {

namespace {

constexpr const char* kNetwork = "network/";
constexpr const char* kOptimiser = "adam/";

void check(const ClassifierTraining& training) {
  if (training.steps < 1 || training.batch_size < 1) {
    throw core::Error::usage("the classifier needs at least one step and one image per batch");
  }
  if (!(training.weight_decay >= 0)) {
    throw core::Error::usage("the classifier's weight decay must not be negative");
  }
}

// Everything the result depends on besides numerics.
core::Json configuration(const data::LabelledImages& images, const ClassifierTraining& training,
                         const TrainingRun& run) {
  core::Json json = {{"training", "classifier"},
                     {"images", images_digest(images)},
                     {"seed", run.seed},
                     {"conv1_filters", training.network.conv1_filters},
                     {"conv2_filters", training.network.conv2_filters},
                     {"hidden_units", training.network.hidden_units},
                     {"classes", training.network.classes},
                     {"dropout", training.network.dropout},
                     {"steps", training.steps},
                     {"batch_size", training.batch_size}};
  append_settings(training.learning_rate, json);
  json["weight_decay"] = training.weight_decay;
  if (parts_of(run) > 1) json["parts"] = parts_of(run);
  return json;
}

Adam make_optimiser(const models::DigitClassifier& network, const ClassifierTraining& training) {
  std::vector<AdamParameter> parameters;
  compute::for_each_parameter(network, [&](const std::string& name, const torch::Tensor& tensor) {
    parameters.push_back({name, tensor, true});
  });
  AdamOptions options;
  options.weight_decay = training.weight_decay;
  return Adam(std::move(parameters), options);
}

class Training final : public Trainee {
 public:
  Training(const data::LabelledImages& images, const ClassifierTraining& training,
           const TrainingRun& run)
      : training_(training),
        seed_(run.seed),
        device_(compute::torch_device(run.device)),
        set_(images, device_, training.network.classes),
        network_(training.network, run.seed),
        sampler_(set_.size(), run.seed, "classifier/batches") {
    network_.to(device_);
    network_.train();
    parted_.emplace(network_, run);
    adam_.emplace(make_optimiser(network_, training));
  }

  const models::DigitClassifier& network() const { return network_; }

  std::vector<LoggedLoss> losses() override { return {{"loss", &meter_}}; }

  void load(const Checkpoint& saved) override {
    models::NamedTensors weights = saved.tensors;
    const models::NamedTensors moments = models::take_prefixed(weights, kOptimiser);
    models::load_module_state(network_, weights, saved.file, kNetwork);
    adam_->load_state(moments, kOptimiser, saved.step, saved.file);
  }

  void update(std::int64_t step) override {
    const auto number = static_cast<std::uint64_t>(step);
    compute::seed_step(seed_, "classifier", number);
    const std::vector<std::int64_t> indices = sampler_.batch(step, training_.batch_size);
    const torch::Tensor loss = parted_->run([&](std::int64_t part) {
      return learn_from(indices, part,
                        core::stream_seed(seed_, part_stream("classifier/dropout", part), number));
    });
    meter_.add(loss[0], step + 1);
    adam_->step(rate(step));
  }

  core::Json line(std::int64_t step) override { return {{"learning_rate", rate(step - 1)}}; }

  models::NamedTensors tensors(std::int64_t step) const override {
    models::NamedTensors all = models::module_state(network_, kNetwork);
    require_finite(all, step);
    all.merge(adam_->state(kOptimiser));
    return all;
  }

 private:
  double rate(std::int64_t step) const { return training_.learning_rate.at(step, training_.steps); }

  // The part's share of the batch's mean cross-entropy.
  torch::Tensor learn_from(const std::vector<std::int64_t>& indices, std::int64_t part,
                           std::uint64_t dropout_key) {
    const compute::PartRange range = parted_->samples(training_.batch_size, part);
    if (range.count == 0) return torch::zeros({1}, torch::dtype(torch::kFloat32).device(device_));
    const auto batch =
        set_.gather({indices.begin() + range.first, indices.begin() + range.end()}, 255.0, 0.0);
    const torch::Tensor logits = network_.forward(batch.images, dropout_key);
    torch::Tensor loss = torch::nn::functional::cross_entropy(logits, batch.labels);
    if (parted_->parts() > 1) {
      loss = loss * (static_cast<double>(range.count) / static_cast<double>(training_.batch_size));
    }
    loss.backward();
    return loss.detach().view({1});
  }

  const ClassifierTraining& training_;
  std::uint64_t seed_;
  c10::Device device_;
  ImageSet set_;
  models::DigitClassifier network_;
  std::optional<PartedUpdate> parted_;
  std::optional<Adam> adam_;
  EpochSampler sampler_;
  LossMeter meter_{"the classifier's loss"};
};

}  // namespace

ClassifierTrainingResult train_classifier(const data::LabelledImages& images,
                                          const ClassifierTraining& training,
                                          const TrainingRun& run,
                                          const std::filesystem::path& weights_file) {
  check(training);
  Training state(images, training, run);
  const TrainingOutcome outcome = run_training(state, run, configuration(images, training, run),
                                               training.steps, training.batch_size);
  ClassifierTrainingResult result;
  result.steps = outcome.steps;
  result.finished = outcome.finished;
  result.loss = outcome.loss;
  result.images_per_second = outcome.images_per_second;
  if (result.finished && writes_files(run))
    models::save_digit_classifier(weights_file, state.network());
  return result;
}

}  // namespace ersatz::train
