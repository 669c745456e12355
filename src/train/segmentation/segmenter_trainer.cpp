#include "train/segmentation/segmenter_trainer.h"

#include <fmt/format.h>
#include <torch/autograd.h>
#include <torch/nn/functional/loss.h>
#include <torch/types.h>

#include <optional>
#include <vector>

#include "compute/to_device.h"
#include "compute/torch_device.h"
#include "compute/torch_shim.h"
#include "core/error.h"
#include "core/philox.h"
#include "models/module_state.h"
#include "models/segmentation/small_segmenter.h"
#include "train/adam.h"
#include "train/epoch_sampler.h"
#include "train/finite.h"
#include "train/parted_update.h"
#include "train/shared_settings.h"
#include "train/training_loop.h"

namespace ersatz::train {
namespace {

constexpr const char* kNetwork = "network/";
constexpr const char* kOptimiser = "adam/";

void check(const SegmentationSet& set, const SegmenterTraining& training) {
  if (training.steps < 1 || training.batch_size < 1 || set.size() < 1) {
    throw core::Error::usage("a segmenter needs a step, a picture, and a picture per batch");
  }
  if (!(training.weight_decay >= 0)) {
    throw core::Error::usage("the segmenter's weight decay must not be negative");
  }
}

// Everything the result depends on besides numerics.
core::Json configuration(const SegmentationSet& set, const std::string& name,
                         const SegmenterTraining& training, const TrainingRun& run) {
  core::Json json = {{"training", "segmenter"}, {"images", name},
                     {"count", set.size()},     {"classes", set.classes},
                     {"seed", run.seed},        {"width", training.width},
                     {"steps", training.steps}, {"batch_size", training.batch_size}};
  append_settings(training.learning_rate, json);
  json["weight_decay"] = training.weight_decay;
  json["flip"] = training.flip;
  if (parts_of(run) > 1) json["parts"] = parts_of(run);
  return json;
}

Adam make_optimiser(const models::SmallSegmenter& network, const SegmenterTraining& training) {
  std::vector<AdamParameter> parameters;
  compute::for_each_parameter(network, [&](const std::string& name, const torch::Tensor& tensor) {
    parameters.push_back({name, tensor, tensor.dim() > 1});
  });
  AdamOptions options;
  options.weight_decay = training.weight_decay;
  return Adam(std::move(parameters), options);
}

class Training final : public Trainee {
 public:
  Training(const SegmentationSet& set, const SegmenterTraining& training, const TrainingRun& run)
      : set_(set),
        training_(training),
        seed_(run.seed),
        device_(compute::torch_device(run.device)),
        network_({set.classes, training.width}, run.seed),
        sampler_(set.size(), run.seed, "segmenter/batches") {
    network_.to(device_);
    network_.train();
    parted_.emplace(network_, run);
    adam_.emplace(make_optimiser(network_, training));
  }

  models::SmallSegmenter& network() { return network_; }

  std::vector<LoggedLoss> losses() override { return {{"loss", &meter_}}; }

  void load(const Checkpoint& saved) override {
    models::NamedTensors weights = saved.tensors;
    const models::NamedTensors moments = models::take_prefixed(weights, kOptimiser);
    models::load_module_state(network_, weights, saved.file, kNetwork);
    adam_->load_state(moments, kOptimiser, saved.step, saved.file);
  }

  void update(std::int64_t step) override {
    const std::vector<std::int64_t> places = sampler_.batch(step, training_.batch_size);
    const torch::Tensor loss =
        parted_->run([&](std::int64_t part) { return learn_from(places, part, step); });
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
  // The part's share of the batch's mean loss.
  torch::Tensor learn_from(const std::vector<std::int64_t>& places, std::int64_t part,
                           std::int64_t step) {
    const compute::PartRange range = parted_->samples(training_.batch_size, part);
    if (range.count == 0) return torch::zeros({1}, torch::dtype(torch::kFloat32).device(device_));
    const torch::Tensor pictures = gather(set_.pictures, places, range, step);
    const torch::Tensor targets = gather(set_.targets, places, range, step);
    const models::SmallSegmenter::Answer answer =
        network_.forward(pictures.to(torch::kFloat32).div_(127.5).sub_(1));
    torch::Tensor loss = torch::nn::functional::cross_entropy(
                             answer.classes, targets.select(1, 0).to(torch::kInt64)) +
                         torch::binary_cross_entropy_with_logits(
                             answer.interior, targets.select(1, 1).to(torch::kFloat32));
    if (parted_->parts() > 1) {
      loss = loss * (static_cast<double>(range.count) / static_cast<double>(training_.batch_size));
    }
    loss.backward();
    return loss.detach().view({1});
  }

  // Those of `range`. Which of them are mirrored depends on (seed, step, place in the batch): the
  // same for pictures and targets.
  torch::Tensor gather(const torch::Tensor& from, const std::vector<std::int64_t>& places,
                       const compute::PartRange& range, std::int64_t step) const {
    core::Stream random(seed_, "segmenter/flips", static_cast<std::uint64_t>(step));
    std::vector<torch::Tensor> parts;
    for (std::int64_t i = 0; i < range.end(); ++i) {
      const bool flip = random.uniform() < 0.5F && training_.flip;
      if (i < range.first) continue;
      const std::int64_t place = places[static_cast<std::size_t>(i)];
      parts.push_back(flip ? from[place].flip({2}) : from[place]);
    }
    return compute::to_device(torch::stack(parts), device_);
  }

  double rate(std::int64_t step) const { return training_.learning_rate.at(step, training_.steps); }

  const SegmentationSet& set_;
  const SegmenterTraining& training_;
  std::uint64_t seed_;
  c10::Device device_;
  models::SmallSegmenter network_;
  std::optional<PartedUpdate> parted_;
  std::optional<Adam> adam_;
  EpochSampler sampler_;
  LossMeter meter_{"the segmenter's loss"};
};

}  // namespace

SegmenterTrainingResult train_segmenter(const SegmentationSet& set, const std::string& name,
                                        const SegmenterTraining& training, const TrainingRun& run,
                                        const std::filesystem::path& file) {
  check(set, training);
  Training state(set, training, run);
  const TrainingOutcome outcome = run_training(state, run, configuration(set, name, training, run),
                                               training.steps, training.batch_size);
  if (outcome.finished && writes_files(run)) models::save_small_segmenter(file, state.network());
  return {outcome.steps, outcome.finished, outcome.loss, outcome.images_per_second};
}

}  // namespace ersatz::train
