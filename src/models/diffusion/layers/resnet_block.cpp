#include "models/diffusion/layers/resnet_block.h"

#include <torch/types.h>

#include "models/diffusion/layers/part.h"

namespace ersatz::models {

ResnetBlock::ResnetBlock(const ResnetOptions& options) {
  const std::int64_t in = options.in, out = options.out;
  norm1_ =
      add_part(*this, "norm1", std::make_shared<GroupNorm>(options.groups, in, options.epsilon));
  conv1_ = add_part(*this, "conv1", std::make_shared<Conv2d>(in, out));
  if (options.time_channels > 0) {
    time_ = add_part(*this, "time_emb_proj", std::make_shared<Linear>(options.time_channels, out));
  }
  norm2_ =
      add_part(*this, "norm2", std::make_shared<GroupNorm>(options.groups, out, options.epsilon));
  conv2_ = add_part(*this, "conv2", std::make_shared<Conv2d>(out, out));
  if (in != out) {
    shortcut_ = add_part(*this, "conv_shortcut",
                         std::make_shared<Linear>(in, out, true, LinearWeight::kKernel));
  }
}

torch::Tensor ResnetBlock::forward(torch::Tensor x, const torch::Tensor& time) const {
  // The shortcut first, so that the wider x does not live through the convolutions.
  ConvTerms first, second;
  second.residual = shortcut_ ? shortcut_->forward_map(x) : x;
  if (time_) first.offset = time_->forward(time);
  torch::Tensor h = norm1_->forward(std::move(x), true);
  h = conv1_->forward(h, first);
  h = norm2_->forward(std::move(h), true);
  return conv2_->forward(h, second);
}

}  // namespace ersatz::models
