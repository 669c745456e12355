#include <torch/autograd.h>
#include <torch/types.h>

#include <vector>

#include "compute/fused_kernel.h"
#include "compute/group_norm.h"
#include "compute/group_statistics.h"
#include "compute/norm_gradient_kernel.h"
#include "compute/tensor_memory.h"

namespace ersatz::compute {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr auto kChannelsLast = torch::MemoryFormat::ChannelsLast;

torch::Tensor result_like(const torch::Tensor& x) {
  return empty_channels_last(x.size(0), x.size(1), x.size(2), x.size(3));
}

struct Inputs {
  torch::Tensor x, weight, bias;
  GroupNormOptions options;
};

// Statistics as a tensor, which the graph keeps: [2, B * groups] in double precision.
torch::Tensor packed(const GroupStatistics& statistics) {
  return torch::stack({torch::tensor(statistics.mean, torch::kFloat64),
                       torch::tensor(statistics.inverse_deviation, torch::kFloat64)});
}

GroupStatistics unpacked(const torch::Tensor& statistics) {
  const double* const first = statistics.data_ptr<double>();
  const double* const second = first + statistics.size(1);
  return {{first, second}, {second, second + statistics.size(1)}};
}

// With h = (x - mean) * r the normalised x, r the inverse deviation, g the gradient that reaches
// z = h * weight + bias, and means over the n numbers of a group of an image:
//   d weight = sum(g h), d bias = sum(g),
//   d x = r (g weight - mean(g weight) - h mean(g weight h)).
class Gradient {
 public:
  Gradient(const Inputs& inputs, GroupStatistics statistics, const torch::Tensor& gradient)
      : in_(inputs),
        gradient_(gradient),
        blocks_(inputs.x),
        statistics_(std::move(statistics)),
        affine_(blocks_, statistics_, inputs.weight.data_ptr<float>(),
                inputs.bias.data_ptr<float>()) {}

  variable_list compute() {
    sum_over_pixels();
    torch::Tensor weight = torch::empty_like(in_.weight), bias = torch::empty_like(in_.bias);
    set_parameter_gradients(weight.data_ptr<float>(), bias.data_ptr<float>());
    return {input_gradient(), weight, bias};
  }

 private:
  NormGradientRows rows_of(std::int64_t image, std::int64_t at, std::int64_t rows) const {
    const std::int64_t c = image * blocks_.channels;
    return {in_.x.data_ptr<float>() + at,
            gradient_.data_ptr<float>() + at,
            rows,
            blocks_.channels,
            affine_.mean.data() + c,
            affine_.scale.data() + c,
            affine_.shift.data() + c,
            in_.options.silu};
  }

  // sum(g) and sum(g h) over the pixels of each image, [B, C] in double precision.
  void sum_over_pixels() {
    const auto channels = static_cast<std::size_t>(blocks_.channels);
    std::vector<float> parts(static_cast<std::size_t>(2 * blocks_.count()) * channels);
    blocks_.for_each([&](std::int64_t i, std::int64_t image, std::int64_t at, std::int64_t rows) {
      float* const part = parts.data() + 2 * i * blocks_.channels;
      norm_gradient_sums(vector_isa(), rows_of(image, at, rows), part, part + blocks_.channels);
    });
    const std::size_t all = static_cast<std::size_t>(blocks_.batch) * channels;
    sum_.assign(all, 0);
    product_.assign(all, 0);
    for (std::size_t i = 0; i < static_cast<std::size_t>(blocks_.count()); ++i) {
      const std::size_t first = i / static_cast<std::size_t>(blocks_.per_image()) * channels;
      for (std::size_t c = 0; c < channels; ++c) {
        sum_[first + c] += static_cast<double>(parts[2 * i * channels + c]);
        product_[first + c] += static_cast<double>(parts[(2 * i + 1) * channels + c]) *
                               statistics_.inverse_deviation[group_of(first + c)];
      }
    }
  }

  // Of image and channel, [B, C]; an index into [B, groups].
  std::size_t group_of(std::size_t image_channel) const {
    return image_channel / (sum_.size() / statistics_.mean.size());
  }

  void set_parameter_gradients(float* weight, float* bias) const {
    const auto channels = static_cast<std::size_t>(blocks_.channels);
    for (std::size_t c = 0; c < channels; ++c) {
      double of_weight = 0, of_bias = 0;
      for (std::size_t i = c; i < sum_.size(); i += channels) {
        of_weight += product_[i];
        of_bias += sum_[i];
      }
      weight[c] = static_cast<float>(of_weight);
      bias[c] = static_cast<float>(of_bias);
    }
  }

  torch::Tensor input_gradient() const {
    const auto channels = static_cast<std::size_t>(blocks_.channels);
    const float* const weight = in_.weight.data_ptr<float>();
    const std::size_t groups = statistics_.mean.size();
    std::vector<double> mean(groups, 0), mean_with_x(groups, 0);
    for (std::size_t i = 0; i < sum_.size(); ++i) {
      const auto w = static_cast<double>(weight[i % channels]);
      mean[group_of(i)] += w * sum_[i];
      mean_with_x[group_of(i)] += w * product_[i];
    }
    const double n =
        static_cast<double>(blocks_.pixels) * static_cast<double>(sum_.size() / groups);
    std::vector<float> offset, slope;
    for (std::size_t i = 0; i < sum_.size(); ++i) {
      const double r = statistics_.inverse_deviation[group_of(i)];
      offset.push_back(static_cast<float>(r * mean[group_of(i)] / n));
      slope.push_back(static_cast<float>(r * r * mean_with_x[group_of(i)] / n));
    }
    torch::Tensor result = result_like(in_.x);
    float* const to = result.data_ptr<float>();
    blocks_.for_each([&](std::int64_t, std::int64_t image, std::int64_t at, std::int64_t rows) {
      const std::int64_t c = image * blocks_.channels;
      norm_gradient(vector_isa(), rows_of(image, at, rows), offset.data() + c, slope.data() + c,
                    to + at);
    });
    return result;
  }

  const Inputs& in_;
  const torch::Tensor& gradient_;
  ImageBlocks blocks_;
  GroupStatistics statistics_;
  ChannelAffine affine_;
  std::vector<double> sum_, product_;
};

// For gradients of gradients: the same by functions that libtorch can differentiate again.
variable_list differentiable_gradient(const Inputs& in, const torch::Tensor& gradient) {
  torch::Tensor y =
      torch::group_norm(in.x, in.options.groups, in.weight, in.bias, in.options.epsilon);
  if (in.options.silu) y = torch::silu(y);
  variable_list inputs;
  for (const torch::Tensor& input : {in.x, in.weight, in.bias}) {
    if (input.requires_grad()) inputs.push_back(input);
  }
  const variable_list found = torch::autograd::grad({y}, inputs, {gradient}, true, true);
  variable_list result;
  auto next = found.begin();
  for (const torch::Tensor& input : {in.x, in.weight, in.bias}) {
    result.push_back(input.requires_grad() ? *next++ : torch::Tensor());
  }
  return result;
}

class GroupNormFunction : public torch::autograd::Function<GroupNormFunction> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x,
                               const torch::Tensor& weight, const torch::Tensor& bias,
                               std::int64_t groups, double epsilon, bool silu) {
    context->saved_data["groups"] = groups;
    context->saved_data["epsilon"] = epsilon;
    context->saved_data["silu"] = silu;
    torch::Tensor y = result_like(x);
    const ImageBlocks blocks(x);
    const float* const from = x.data_ptr<float>();
    const GroupStatistics statistics = group_statistics(blocks, from, groups, epsilon);
    context->save_for_backward({x, weight, bias, packed(statistics)});
    normalise(blocks,
              ChannelAffine(blocks, statistics, weight.data_ptr<float>(), bias.data_ptr<float>()),
              from, silu, y.data_ptr<float>());
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const Inputs in{
        saved[0],
        saved[1],
        saved[2],
        {context->saved_data["groups"].toInt(), context->saved_data["epsilon"].toDouble(),
         context->saved_data["silu"].toBool()}};
    variable_list result;
    if (torch::GradMode::is_enabled()) {
      result = differentiable_gradient(in, gradients[0]);
    } else {
      const torch::Tensor gradient = gradients[0].contiguous(kChannelsLast);
      result = Gradient(in, unpacked(saved[3]), gradient).compute();
    }
    result.resize(6);  // the options have no gradients
    return result;
  }
};

}  // namespace

torch::Tensor differentiable_group_norm(const torch::Tensor& x, const torch::Tensor& weight,
                                        const torch::Tensor& bias,
                                        const GroupNormOptions& options) {
  return GroupNormFunction::apply(x.contiguous(kChannelsLast), weight.contiguous(),
                                  bias.contiguous(), options.groups, options.epsilon, options.silu);
}

}  // namespace ersatz::compute
