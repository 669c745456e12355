#include "train/classifier_trainer.h"

#include <torch/autograd.h>
#include <torch/nn/functional/loss.h>
#include <torch/types.h>

#include <cmath>

#include "compute/seeding.h"
#include "compute/torch_device.h"
#include "compute/torch_shim.h"
#include "core/error.h"
#include "core/philox.h"
#include "core/signals.h"
#include "models/digit_classifier.h"
#include "models/module_state.h"
#include "train/adam.h"
#include "train/checkpoint.h"
#include "train/epoch_sampler.h"
#include "train/finite.h"
#include "train/image_set.h"
#include "train/loss_meter.h"
#include "train/metrics_log.h"
#include "train/pace.h"

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
                         std::uint64_t seed) {
  return {{"training", "classifier"},
          {"images", images_digest(images)},
          {"seed", seed},
          {"conv1_filters", training.network.conv1_filters},
          {"conv2_filters", training.network.conv2_filters},
          {"hidden_units", training.network.hidden_units},
          {"classes", training.network.classes},
          {"dropout", training.network.dropout},
          {"steps", training.steps},
          {"batch_size", training.batch_size},
          {"schedule", schedule_name(training.learning_rate.kind)},
          {"learning_rate", training.learning_rate.base},
          {"decay_rate", training.learning_rate.decay_rate},
          {"decay_every", training.learning_rate.decay_every},
          {"warmup_steps", training.learning_rate.warmup_steps},
          {"weight_decay", training.weight_decay}};
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

}  // namespace

ClassifierTrainingResult train_classifier(const data::LabelledImages& images,
                                          const ClassifierTraining& training,
                                          const TrainingRun& run,
                                          const std::filesystem::path& weights_file) {
  check(training);
  const c10::Device device = compute::torch_device(run.device);
  const ImageSet set(images, device, training.network.classes);
  CheckpointFolder checkpoints(run.checkpoint_folder, configuration(images, training, run.seed));

  models::DigitClassifier network(training.network, run.seed);
  network.to(device);
  network.train();
  Adam adam = make_optimiser(network, training);
  LossMeter meter("the classifier's loss");
  EpochSampler sampler(set.size(), run.seed, "classifier/batches");

  std::int64_t step = 0;
  if (const auto saved = checkpoints.load()) {
    step = saved->step;
    models::NamedTensors weights = saved->tensors, moments;
    for (const auto& [name, tensor] : saved->tensors) {
      if (name.compare(0, 5, kOptimiser) == 0) moments.insert(weights.extract(name));
    }
    models::load_module_state(network, weights, saved->file, kNetwork);
    adam.load_state(moments, kOptimiser, step, saved->file);
    meter.load_state(saved->state.at("loss"));
  }

  const MetricsLog log(run.metrics_file, step);
  Pace pace(run, step, training.steps, training.batch_size);
  ClassifierTrainingResult result;
  while (pace.goes_on(step)) {
    const auto number = static_cast<std::uint64_t>(step);
    compute::seed_step(run.seed, "classifier", number);
    const auto batch = set.gather(sampler.batch(step, training.batch_size), 255.0, 0.0);
    const torch::Tensor logits =
        network.forward(batch.images, core::stream_seed(run.seed, "classifier/dropout", number));
    const torch::Tensor loss = torch::nn::functional::cross_entropy(logits, batch.labels);
    loss.backward();
    meter.add(loss.detach(), step + 1);
    const double rate = training.learning_rate.at(step, training.steps);
    adam.step(rate);
    ++step;

    if (pace.log_due(step)) {
      meter.flush();
      result.loss = meter.mean();
      log.append({{"step", step},
                  {"loss", meter.mean()},
                  {"learning_rate", rate},
                  {"images_per_second", std::round(pace.recent_images_per_second(step))}});
      meter.reset();
    }
    pace.show(step, result.loss);
    if (pace.checkpoint_due(step)) {
      meter.flush();
      Checkpoint checkpoint;
      checkpoint.step = step;
      checkpoint.tensors = models::module_state(network, kNetwork);
      require_finite(checkpoint.tensors, step);
      checkpoint.tensors.merge(adam.state(kOptimiser));
      checkpoint.state["loss"] = meter.state();
      checkpoint.state["last_loss"] = result.loss;
      checkpoints.save(checkpoint);
      core::stop_point();
    }
  }
  result.steps = step;
  result.finished = pace.complete(step);
  result.images_per_second = pace.images_per_second(step);
  if (result.finished) models::save_digit_classifier(weights_file, network);
  return result;
}

}  // namespace ersatz::train
