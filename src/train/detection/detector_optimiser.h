// The update rule of a detector's training: warm-up, schedule, SGD or AdamW, clipping.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "train/adamw.h"
#include "train/detection/detector_trainer.h"
#include "train/sgd.h"

namespace ersatz::train {

// What an update is made with.
struct DetectorRates {
  double rate = 0, bias_rate = 0, momentum = 0;
};

// Of update `step` (0 is the first) of a training with `steps_per_epoch`: the learning rate falls
// epoch by epoch to final_share of the first; in the warm-up, update by update, rates rise from 0
// (of biases fall from warmup_bias_rate) and momentum rises from warmup_momentum, in straight
// lines.
DetectorRates detector_rates(const DetectorTraining& training, std::int64_t step,
                             std::int64_t steps_per_epoch);

// `training` with kAuto decided for this number of updates and classes.
DetectorTraining with_optimiser(DetectorTraining training, std::int64_t steps,
                                std::int64_t classes);

// Scales the gradients of the tensors by `factor` and then such that the norm of all together is at
// most `largest` (0: any), without waiting for a device. Returns the norm before, a scalar there.
torch::Tensor clip_gradients(const std::vector<torch::Tensor>& tensors, double factor,
                             double largest);

class DetectorUpdate {
 public:
  // Trains the parameters of `network` that require a gradient; weight decay on tensors of two
  // dimensions or more. `training` names the optimiser (with_optimiser).
  DetectorUpdate(const torch::nn::Module& network, const DetectorTraining& training);

  // The tensors that are trained.
  const std::vector<torch::Tensor>& parameters() const { return parameters_; }

  void step(const DetectorRates& rates);
  void drop_gradients();

  // As Adam's and Sgd's.
  models::NamedTensors state(const std::string& prefix) const;
  void load_state(const models::NamedTensors& tensors, const std::string& prefix,
                  std::int64_t updates, const std::filesystem::path& file);
  std::int64_t updates() const { return updates_; }

 private:
  std::vector<torch::Tensor> parameters_;
  std::unique_ptr<Sgd> sgd_;
  std::unique_ptr<AdamW> adamw_;
  std::int64_t updates_ = 0;
};

}  // namespace ersatz::train
