#include "generate/diffusion/schedulers/noise_schedule.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

namespace ersatz::generate {
namespace {

// Nichol & Dhariwal 2021, "Improved Denoising Diffusion Probabilistic Models", equation 17.
torch::Tensor squared_cosine_betas(std::int64_t count) {
  const auto level = [count](std::int64_t i) {
    const double time = static_cast<double>(i) / static_cast<double>(count);
    const double cosine = std::cos((time + 0.008) / 1.008 * std::acos(-1.0) / 2);
    return cosine * cosine;
  };
  std::vector<float> betas;
  for (std::int64_t i = 0; i < count; ++i) {
    betas.push_back(static_cast<float>(std::min(1 - level(i + 1) / level(i), 0.999)));
  }
  return torch::tensor(betas);
}

torch::Tensor make_betas(const SchedulerConfig& config) {
  switch (config.betas) {
    case BetaSchedule::kLinear:
      return torch::linspace(config.beta_start, config.beta_end, config.train_timesteps,
                             torch::kFloat32);
    case BetaSchedule::kScaledLinear:
      return torch::linspace(std::sqrt(config.beta_start), std::sqrt(config.beta_end),
                             config.train_timesteps, torch::kFloat32)
          .square();
    case BetaSchedule::kSquaredCosine:
      break;
  }
  return squared_cosine_betas(config.train_timesteps);
}

// Lin et al. 2024, "Common Diffusion Noise Schedules and Sample Steps are Flawed", algorithm 1:
// shift and scale alpha so that nothing of the image is left at the last timestep.
torch::Tensor with_zero_terminal_snr(const torch::Tensor& betas) {
  const torch::Tensor alpha = (1 - betas).cumprod(0).sqrt();
  const torch::Tensor first = alpha[0], last = alpha[-1];
  const torch::Tensor alpha_bar = ((alpha - last) * (first / (first - last))).square();
  const torch::Tensor ratios = alpha_bar.slice(0, 1) / alpha_bar.slice(0, 0, -1);
  return 1 - torch::cat({alpha_bar.slice(0, 0, 1), ratios});
}

std::vector<double> to_doubles(const torch::Tensor& tensor) {
  const torch::Tensor wide = tensor.to(torch::kFloat64).contiguous();
  return {wide.data_ptr<double>(), wide.data_ptr<double>() + wide.numel()};
}

}  // namespace

torch::Tensor cumulative_alphas(const SchedulerConfig& config) {
  const torch::NoGradGuard no_gradients;
  torch::Tensor betas = make_betas(config);
  if (config.zero_terminal_snr) betas = with_zero_terminal_snr(betas);
  return (1 - betas).cumprod(0);
}

NoiseSchedule::NoiseSchedule(const SchedulerConfig& config) {
  const torch::Tensor alpha_bar = cumulative_alphas(config);
  const torch::Tensor alpha = alpha_bar.sqrt(), sigma = (1 - alpha_bar).sqrt();
  alpha_bar_ = to_doubles(alpha_bar);
  alpha_ = to_doubles(alpha);
  sigma_ = to_doubles(sigma);
  lambda_ = to_doubles(alpha.log() - sigma.log());
  noise_ratios_ = to_doubles(((1 - alpha_bar) / alpha_bar).sqrt());
}

}  // namespace ersatz::generate
