#include "models/conv_layer.h"

#include <torch/types.h>

#include "compute/conv2d.h"
#include "compute/direct_conv.h"
#include "models/initialise.h"

namespace ersatz::models {

ConvLayer::ConvLayer(torch::Tensor weight, std::int64_t stride, std::int64_t padding)
    : stride_(stride), padding_(padding) {
  weight_ = register_parameter("weight", channels_last_kernel(weight));
}

torch::Tensor ConvLayer::forward(const torch::Tensor& x) const {
  if (stride_ == 1 && padding_ == 1 && compute::winograd_fits(x, weight_)) {
    return compute::winograd_conv2d(x, weight_);
  }
  if (compute::direct_conv_fits(x, weight_, padding_)) {
    return compute::direct_conv2d(x, weight_, stride_, padding_);
  }
  return torch::conv2d(x, weight_, {}, stride_, padding_);
}

NormLayer::NormLayer(std::int64_t channels, double scale, double momentum, double epsilon) {
  norm_.momentum = momentum;
  norm_.epsilon = epsilon;
  norm_.weight = register_parameter("weight", torch::full({channels}, scale));
  norm_.bias = register_parameter("bias", torch::zeros({channels}));
  norm_.running_mean = register_buffer("running_mean", torch::zeros({channels}));
  norm_.running_var = register_buffer("running_var", torch::ones({channels}));
  batches_ = register_buffer("num_batches_tracked", torch::zeros({}, torch::kInt64));
}

void NormLayer::count(const torch::Tensor& x) {
  if (is_training()) batches_.add_(1);
  if (moments_) moments_->add(x);
}

torch::Tensor NormLayer::forward(const torch::Tensor& x, bool relu, const torch::Tensor& residual) {
  count(x);
  return compute::batch_norm(x, norm_, is_training(), relu, residual);
}

torch::Tensor NormLayer::relu_max_pool(const torch::Tensor& x) {
  count(x);
  return compute::batch_norm_relu_max_pool(x, norm_, is_training());
}

torch::Tensor ConvNorm::forward(const torch::Tensor& x, bool relu, const torch::Tensor& residual) {
  if (!norm_->is_training() && !norm_->is_observed() && !torch::GradMode::is_enabled() &&
      x.is_cpu() && x.scalar_type() == torch::kFloat32) {
    return folded(x, relu, residual);
  }
  version_ = -1;  // an optimiser may change the weights without libtorch counting it
  return norm_->forward(conv_->forward(x), relu, residual);
}

void ConvNorm::fold(bool winograd) {
  const compute::BatchNorm& norm = norm_->norm();
  std::int64_t version = 0;
  for (const torch::Tensor& tensor :
       {conv_->weight(), norm.weight, norm.bias, norm.running_mean, norm.running_var}) {
    version += tensor._version();
  }
  if (version == version_) return;
  const torch::Tensor scale = norm.weight.to(torch::kDouble) /
                              torch::sqrt(norm.running_var.to(torch::kDouble) + norm.epsilon);
  weight_ = (conv_->weight().to(torch::kDouble) * scale.view({-1, 1, 1, 1})).to(torch::kFloat32);
  bias_ = (norm.bias.to(torch::kDouble) - norm.running_mean.to(torch::kDouble) * scale)
              .to(torch::kFloat32);
  packed_ = {};
  if (winograd) {
    packed_ = compute::winograd_weights(weight_);
    weight_.reset();
  }
  version_ = version;
}

torch::Tensor ConvNorm::folded(const torch::Tensor& x, bool relu, const torch::Tensor& residual) {
  const bool winograd =
      conv_->stride() == 1 && conv_->padding() == 1 && compute::winograd_fits(x, conv_->weight());
  fold(winograd);
  if (winograd) return compute::winograd_conv2d(x, packed_, {bias_, residual, relu});
  compute::Conv2dOptions options;
  options.stride = conv_->stride();
  options.padding = conv_->padding();
  torch::Tensor y = compute::conv2d(x, weight_, bias_, options, residual);
  return relu ? y.relu_() : y;
}

}  // namespace ersatz::models
