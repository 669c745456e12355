#include "generate/diffusion/schedulers/variance_preserving.h"

#include <torch/types.h>

#include <utility>

#include "generate/diffusion/schedulers/linear_combination.h"

namespace ersatz::generate {

VariancePreservingScheduler::VariancePreservingScheduler(const SchedulerConfig& config,
                                                         std::vector<std::int64_t> all,
                                                         std::int64_t skipped)
    : Scheduler(skipped), config_(config), schedule_(config), all_(std::move(all)) {
  set_timesteps({all_.begin(), all_.end()}, config.train_timesteps);
}

torch::Tensor VariancePreservingScheduler::add_noise(const torch::Tensor& clean,
                                                     const torch::Tensor& noise,
                                                     std::int64_t i) const {
  const NoiseLevel at = level(timestep_at(position(i)));
  return combine({{at.alpha, clean}, {at.sigma, noise}}).to(clean.scalar_type());
}

}  // namespace ersatz::generate
