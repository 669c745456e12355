#include "train/detection/norm_calibration.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "core/error.h"
#include "models/channel_moments.h"
#include "models/conv_layer.h"

namespace ersatz::train {

namespace {

struct Observed {
  std::shared_ptr<models::NormLayer> layer;
  bool drawn = false;
  std::shared_ptr<models::ChannelMoments> moments;
};

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Those that are to be calibrated, in the order of registration.
std::vector<Observed> observe(const models::Detector& network, const models::TakenWeights& taken) {
  std::vector<Observed> all;
  for (const auto& item : network.named_modules(/*name_prefix=*/"", /*include_self=*/false)) {
    const auto layer = std::dynamic_pointer_cast<models::NormLayer>(item.value());
    if (!layer) continue;
    const bool drawn = contains(taken.drawn, item.key() + ".weight");
    if (!drawn && !contains(taken.unfolded, item.key())) continue;
    all.push_back({layer, drawn, std::make_shared<models::ChannelMoments>()});
    layer->observe(all.back().moments);
    if (drawn) layer->train();
  }
  return all;
}

void set_moments(const compute::BatchNorm& norm, const torch::Tensor& mean,
                 const torch::Tensor& variance) {
  norm.running_mean.copy_(mean);
  norm.running_var.copy_(variance);
}

// Other moments, the same function: scale * x + shift.
void move_moments(const compute::BatchNorm& norm, const torch::Tensor& mean,
                  const torch::Tensor& variance) {
  const torch::Tensor scale = norm.weight.to(torch::kDouble) /
                              torch::sqrt(norm.running_var.to(torch::kDouble) + norm.epsilon);
  const torch::Tensor way = mean - norm.running_mean.to(torch::kDouble);
  norm.bias.copy_(norm.bias.to(torch::kDouble) + scale * way);
  norm.weight.copy_(scale * torch::sqrt(variance + norm.epsilon));
  set_moments(norm, mean, variance);
}

}  // namespace

void calibrate_norms(models::Detector& network, const models::TakenWeights& taken,
                     std::int64_t batches,
                     const std::function<torch::Tensor(std::int64_t)>& images) {
  if (batches < 1) throw core::Error::usage("normalisations are calibrated with one batch or more");
  const torch::NoGradGuard no_grad;
  network.eval();
  const std::vector<Observed> all = observe(network, taken);
  for (std::int64_t i = 0; i < batches; ++i) network.maps(images(i));
  for (const Observed& one : all) {
    one.layer->observe(nullptr);
    if (one.drawn) {
      set_moments(one.layer->norm(), one.moments->mean(), one.moments->variance());
    } else {
      move_moments(one.layer->norm(), one.moments->mean(), one.moments->variance());
    }
  }
  network.eval();
}

}  // namespace ersatz::train
