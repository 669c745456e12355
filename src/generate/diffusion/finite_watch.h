// Notices when latents stop being numbers, without making the device wait at every step.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "models/diffusion/unet_observer.h"

namespace ersatz::generate {

class FiniteWatch {
 public:
  // Calls the network again as at `call`, from the latents that entered it.
  using Repeat = std::function<torch::Tensor(const torch::Tensor& latents, std::int64_t call,
                                             models::UNetObserver* observer)>;
  // Looks every `interval` steps: 1 is free on the CPU; on an accelerator every look waits for all
  // work in flight.
  FiniteWatch(std::int64_t interval, Repeat repeat);

  // After each step: the latents before and after it and the network's output. Throws
  // Error::numeric (exit 20) naming the first step that went wrong and where: the first part of
  // the network whose output is not finite, or the scheduler. Of steps that are looked at together
  // the earliest is named.
  void add(std::int64_t call, double timestep, const torch::Tensor& before,
           const torch::Tensor& output, const torch::Tensor& after);
  // Looks at what is pending.
  void finish();

 private:
  struct Step {
    std::int64_t call = 0;
    double timestep = 0;
    torch::Tensor before, output;
    torch::Tensor evidence;  // a scalar on the device: NaN when `after` is not finite
  };
  [[noreturn]] void report(const Step& step) const;

  std::int64_t interval_;
  Repeat repeat_;
  std::vector<Step> pending_;
};

}  // namespace ersatz::generate
