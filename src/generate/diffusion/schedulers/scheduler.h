// How noise is removed step by step: the numerical solvers of diffusion sampling.
//
// A scheduler is one trajectory: it knows its timesteps, holds what multi-step methods remember,
// and is used once, step 0, 1, 2, ... in order. It draws no random numbers itself. Coefficients
// are computed on the host in double precision; tensors stay on their device and in their type
// (float16 and bfloat16 are computed in float32 in between), and nothing waits for the device.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "generate/diffusion/schedulers/scheduler_config.h"

namespace ersatz::generate {

// A standard normal tensor like `sample`; called once for every draw, in order.
using NoiseSource = std::function<torch::Tensor(const torch::Tensor& sample)>;

class Scheduler {
 public:
  virtual ~Scheduler() = default;
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // Calls of the network this trajectory needs (PNDM: steps + 1; Heun: 2 * steps - 1).
  std::int64_t size() const { return static_cast<std::int64_t>(timesteps_.size()); }
  // What the network is told at call i; may be fractional.
  double timestep(std::int64_t i) const { return timesteps_.at(static_cast<std::size_t>(i)); }
  const std::vector<double>& timesteps() const { return timesteps_; }

  // Standard normal noise times this is the sample that enters step 0 of a whole trajectory.
  virtual double initial_noise_sigma() const { return 1.0; }
  // What the network is given at call i.
  virtual torch::Tensor scale_model_input(const torch::Tensor& sample, std::int64_t i) const;
  // The next sample from the network's (guided) output at call i, in the sample's type.
  // Error::internal when steps are taken out of order.
  virtual torch::Tensor step(const torch::Tensor& model_output, std::int64_t i,
                             const torch::Tensor& sample, const NoiseSource& noise) = 0;
  // Clean latents with the noise that belongs to the sample entering call i.
  virtual torch::Tensor add_noise(const torch::Tensor& clean, const torch::Tensor& noise,
                                  std::int64_t i) const = 0;

 protected:
  // The first `skipped` calls are left out.
  explicit Scheduler(std::int64_t skipped) : skipped_(skipped) {}

  // `all` timesteps, from which the skipped ones are dropped. Error::usage for one that training
  // never saw.
  void set_timesteps(const std::vector<double>& all, std::int64_t train_timesteps);
  // Call i counted from the start of the whole trajectory.
  std::int64_t position(std::int64_t i) const { return i + skipped_; }
  // The same, at the start of step(): checks the order of calls.
  std::int64_t enter_step(std::int64_t i);

 private:
  std::int64_t skipped_ = 0, next_ = 0;
  std::vector<double> timesteps_;
};

// A trajectory of `steps` steps (1 .. num_train_timesteps; Error::usage otherwise), from which the
// first `skip` *steps* are left out (image-to-image starts in the middle; `skip` < steps). Where
// rounding makes timesteps of DPM-Solver or UniPC coincide (Karras levels, many steps), the
// trajectory is shorter by these.
std::unique_ptr<Scheduler> make_scheduler(const SchedulerConfig& config, std::int64_t steps,
                                          std::int64_t skip = 0);

}  // namespace ersatz::generate
