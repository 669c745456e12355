#include "models/channel_moments.h"

#include <torch/types.h>
#include <torch/utils.h>

namespace ersatz::models {

void ChannelMoments::add(const torch::Tensor& x) {
  const torch::NoGradGuard no_grad;
  for (std::int64_t b = 0; b < x.size(0); ++b) {
    const torch::Tensor numbers = x[b].flatten(1).to(torch::kDouble);  // [C, H * W]
    const torch::Tensor mean = numbers.mean(1);
    const torch::Tensor squares = (numbers - mean.unsqueeze(1)).square().sum(1);
    const std::int64_t before = count_, more = numbers.size(1);
    count_ += more;
    if (before == 0) {
      mean_ = mean;
      squares_ = squares;
      continue;
    }
    // Chan, Golub & LeVeque 1979, "Updating formulae and a pairwise algorithm".
    const torch::Tensor difference = mean - mean_;
    const double share = static_cast<double>(more) / static_cast<double>(count_);
    mean_ = mean_ + difference * share;
    squares_ = squares_ + squares + difference.square() * (static_cast<double>(before) * share);
  }
}

torch::Tensor ChannelMoments::variance() const {
  return count_ == 0 ? torch::Tensor() : squares_ / static_cast<double>(count_);
}

}  // namespace ersatz::models
