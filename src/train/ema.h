// Exponential moving average of a network's parameters (Polyak & Juditsky 1992), with the warm-up
// of diffusers' EMAModel: the average's decay grows with the number of updates, so that the random
// initial weights are forgotten at once.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "models/safetensors.h"

namespace ersatz::train {

struct EmaOptions {
  double decay = 0.9999;  // the largest
  double least_decay = 0;
  std::int64_t update_after_step = 0;  // until then the average is a copy
  // With s updates after the first: 1 - (1 + s / inverse_gamma)^-power when `power_warmup`
  // (diffusers' use_ema_warmup), else (1 + s) / (10 + s).
  bool power_warmup = false;
  double inverse_gamma = 1.0;
  double power = 2.0 / 3.0;
};

// Decay of update number `update`, which counts from 1: 0 for the first.
double ema_decay(const EmaOptions& options, std::int64_t update);

class Ema {
 public:
  // The tensors are the live parameters; their average starts as a copy of them. Averages are kept
  // on the parameters' device, in float32 where the parameters are of a narrower type.
  // Error::usage for a decay outside [0, 1] or a warm-up that is not positive.
  Ema(models::NamedTensors parameters, const EmaOptions& options);

  // average <- decay * average + (1 - decay) * parameter; after every step of the optimiser.
  void update();
  std::int64_t updates() const { return updates_; }

  const models::NamedTensors& averages() const { return averages_; }

  // Copies on the CPU, named "<prefix><parameter>". load_state checks names, shapes and types
  // (Error::untrusted naming `file`) and goes on after `updates` updates.
  models::NamedTensors state(const std::string& prefix) const;
  void load_state(const models::NamedTensors& tensors, const std::string& prefix,
                  std::int64_t updates, const std::filesystem::path& file);

 private:
  friend class AveragedWeights;

  bool update_together(double share);

  models::NamedTensors parameters_, averages_;
  EmaOptions options_;
  std::int64_t updates_ = 0;
};

// The parameters of a module by name, sharing its memory: what Ema averages.
models::NamedTensors live_parameters(const torch::nn::Module& module);

// While it lives, the network computes with the averaged weights; afterwards with its own again,
// bit for bit. Do not train or update the average meanwhile.
class AveragedWeights {
 public:
  explicit AveragedWeights(Ema& ema);
  ~AveragedWeights();
  AveragedWeights(const AveragedWeights&) = delete;
  AveragedWeights& operator=(const AveragedWeights&) = delete;

 private:
  Ema& ema_;
  models::NamedTensors own_;
};

}  // namespace ersatz::train
