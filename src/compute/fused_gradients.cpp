#include "compute/fused_gradients.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "compute/fused_kernel.h"
#include "compute/gradient_kernel.h"
#include "compute/gradients.h"
#include "compute/group_moments.h"
#include "compute/parallel.h"
#include "compute/tensor_memory.h"

namespace ersatz::compute {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Numbers that are worth waking a second thread for.
constexpr std::int64_t kGrain = 16384;

std::int64_t grain_of(std::int64_t size_of_one) {
  return std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(1, size_of_one));
}

torch::Tensor like(const torch::Tensor& x) {
  return empty_channels_last(x.size(0), x.size(1), x.size(2), x.size(3));
}

// What is the same for every picture of a batch.
struct GroupNormLayer {
  std::int64_t channels, pixels, groups;
  const float* weight;
  const float* bias;
  double epsilon;
  bool silu;

  std::int64_t size() const { return channels * pixels; }  // of a picture
  double group_size() const { return static_cast<double>(size() / groups); }
};

// Of one picture x [pixels, channels]: mean and 1 / deviation of the group of every channel.
void picture_moments(const GroupNormLayer& layer, const float* x, float* mean, float* scale) {
  std::vector<Moments> all(static_cast<std::size_t>(layer.groups)), part(all.size());
  std::vector<float> scratch(static_cast<std::size_t>(2 * layer.channels));
  for (std::int64_t row = 0; row < layer.pixels; row += kMomentRows) {
    group_moments(x + row * layer.channels, std::min(kMomentRows, layer.pixels - row),
                  layer.channels, layer.groups, part.data(), scratch.data());
    for (std::size_t g = 0; g < all.size(); ++g) all[g].join(part[g]);
  }
  const std::int64_t width = layer.channels / layer.groups;
  for (std::int64_t c = 0; c < layer.channels; ++c) {
    const Moments& group = all[static_cast<std::size_t>(c / width)];
    mean[c] = static_cast<float>(group.mean);
    scale[c] = static_cast<float>(1.0 / std::sqrt(group.variance() + layer.epsilon));
  }
}

// Gradients of one picture. `sums` [2, channels]: of the bias and of the weight.
void picture_gradient(const GroupNormLayer& layer, const float* x, const float* mean,
                      const float* scale, const float* dy, float* dx, float* sums) {
  const NormalisedChannels channels{layer.channels, mean,       scale,
                                    layer.weight,   layer.bias, layer.silu};
  const auto count = static_cast<std::size_t>(layer.channels);
  std::vector<double> total(2 * count, 0.0);
  std::vector<float> part(2 * count);
  for (std::int64_t row = 0; row < layer.pixels; row += kMomentRows) {
    std::fill(part.begin(), part.end(), 0.0F);
    const std::int64_t at = row * layer.channels;
    normalised_gradient_sums(vector_isa(), channels, x + at, dy + at,
                             std::min(kMomentRows, layer.pixels - row), dx + at, part.data(),
                             part.data() + count);
    for (std::size_t i = 0; i < part.size(); ++i) total[i] += static_cast<double>(part[i]);
  }
  // Mean and variance depend on x too (Ioffe & Szegedy 2015, section 3, for groups).
  std::vector<float> slope(count), shift(count);
  const std::size_t width = count / static_cast<std::size_t>(layer.groups);
  for (std::size_t first = 0; first < count; first += width) {
    double sum = 0, product = 0;
    for (std::size_t c = first; c < first + width; ++c) {
      sum += total[c] * static_cast<double>(layer.weight[c]);
      product += total[count + c] * static_cast<double>(layer.weight[c]);
    }
    const auto deviation = static_cast<double>(scale[first]);
    for (std::size_t c = first; c < first + width; ++c) {
      slope[c] = static_cast<float>(-deviation * deviation * product / layer.group_size());
      shift[c] = static_cast<float>(-deviation * sum / layer.group_size());
    }
  }
  normalised_gradient(vector_isa(), channels, x, dx, slope.data(), shift.data(), layer.pixels, dx);
  for (std::size_t i = 0; i < total.size(); ++i) sums[i] = static_cast<float>(total[i]);
}

class GroupNormFunction : public torch::autograd::Function<GroupNormFunction> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x,
                               const torch::Tensor& weight, const torch::Tensor& bias,
                               std::int64_t groups, double epsilon, bool silu) {
    const torch::Tensor w = weight.contiguous(), b = bias.contiguous();
    const GroupNormLayer layer = layer_of(x, w, b, groups, epsilon, silu);
    const torch::Tensor moments = torch::empty({2, x.size(0), x.size(1)}, w.options());
    const torch::Tensor y = like(x);
    const float* from = x.data_ptr<float>();
    float* to = y.data_ptr<float>();
    float* means = moments[0].data_ptr<float>();
    float* scales = moments[1].data_ptr<float>();
    parallel_for(x.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
      std::vector<float> factor(static_cast<std::size_t>(layer.channels));
      for (std::int64_t i = begin; i < end; ++i) {
        float* mean = means + i * layer.channels;
        float* scale = scales + i * layer.channels;
        const std::int64_t at = i * layer.size();
        picture_moments(layer, from + at, mean, scale);
        for (std::int64_t c = 0; c < layer.channels; ++c) {
          factor[static_cast<std::size_t>(c)] = scale[c] * layer.weight[c];
        }
        normalise_rows(vector_isa(), from + at, to + at, layer.pixels, layer.channels, mean,
                       factor.data(), layer.bias, silu);
      }
    });
    context->save_for_backward({x, w, b, moments});
    context->saved_data["groups"] = groups;
    context->saved_data["epsilon"] = epsilon;
    context->saved_data["silu"] = silu;
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    require_first_order("group normalisation");
    const auto saved = context->get_saved_variables();
    const torch::Tensor &x = saved[0], &w = saved[1], &b = saved[2], &moments = saved[3];
    const GroupNormLayer layer =
        layer_of(x, w, b, context->saved_data["groups"].toInt(),
                 context->saved_data["epsilon"].toDouble(), context->saved_data["silu"].toBool());
    const torch::Tensor dy = gradients[0].contiguous(torch::MemoryFormat::ChannelsLast);
    const torch::Tensor dx = like(x);
    const torch::Tensor sums = torch::empty({x.size(0), 2, x.size(1)}, w.options());
    const float* from_x = x.data_ptr<float>();
    const float* from_dy = dy.data_ptr<float>();
    const float* means = moments[0].data_ptr<float>();
    const float* scales = moments[1].data_ptr<float>();
    float* to = dx.data_ptr<float>();
    float* of_sums = sums.data_ptr<float>();
    parallel_for(x.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const std::int64_t at = i * layer.size(), channel = i * layer.channels;
        picture_gradient(layer, from_x + at, means + channel, scales + channel, from_dy + at,
                         to + at, of_sums + 2 * channel);
      }
    });
    const torch::Tensor all = sums.sum(0);
    return {dx, all[1], all[0], {}, {}, {}};
  }

 private:
  static GroupNormLayer layer_of(const torch::Tensor& x, const torch::Tensor& weight,
                                 const torch::Tensor& bias, std::int64_t groups, double epsilon,
                                 bool silu) {
    return {x.size(1),
            x.size(2) * x.size(3),
            groups,
            weight.data_ptr<float>(),
            bias.data_ptr<float>(),
            epsilon,
            silu};
  }
};

// Layers that are the same at every row: y = forward(x), dx = backward(x, dy), row by row.
class GegluFunction : public torch::autograd::Function<GegluFunction> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& input) {
    const torch::Tensor x = input.contiguous();
    std::vector<std::int64_t> sizes = x.sizes().vec();
    sizes.back() /= 2;
    const std::int64_t width = sizes.back();
    const torch::Tensor y = empty_result(sizes);
    const float* from = x.data_ptr<float>();
    float* to = y.data_ptr<float>();
    parallel_for(y.numel() / width, grain_of(width), [&](std::int64_t begin, std::int64_t end) {
      geglu_rows(vector_isa(), from + begin * 2 * width, to + begin * width, end - begin, width);
    });
    context->save_for_backward({x});
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    require_first_order("geglu");
    const torch::Tensor x = context->get_saved_variables()[0], dy = gradients[0].contiguous();
    const torch::Tensor dx = empty_result(x.sizes());
    const std::int64_t width = dy.size(-1);
    const float* from = x.data_ptr<float>();
    const float* from_dy = dy.data_ptr<float>();
    float* to = dx.data_ptr<float>();
    parallel_for(dy.numel() / width, grain_of(width), [&](std::int64_t begin, std::int64_t end) {
      geglu_gradient(vector_isa(), from + begin * 2 * width, from_dy + begin * width,
                     to + begin * 2 * width, end - begin, width);
    });
    return {dx};
  }
};

class SigmoidProductFunction : public torch::autograd::Function<SigmoidProductFunction> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& input, double slope) {
    const torch::Tensor x = input.contiguous();
    const torch::Tensor y = empty_result(x.sizes());
    const float* from = x.data_ptr<float>();
    float* to = y.data_ptr<float>();
    parallel_for(x.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
      sigmoid_product(vector_isa(), from + begin, to + begin, end - begin,
                      static_cast<float>(slope));
    });
    context->save_for_backward({x});
    context->saved_data["slope"] = slope;
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    require_first_order("x * sigmoid(x)");
    const torch::Tensor x = context->get_saved_variables()[0], dy = gradients[0].contiguous();
    const torch::Tensor dx = empty_result(x.sizes());
    const auto slope = static_cast<float>(context->saved_data["slope"].toDouble());
    const float* from = x.data_ptr<float>();
    const float* from_dy = dy.data_ptr<float>();
    float* to = dx.data_ptr<float>();
    parallel_for(x.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
      sigmoid_product_gradient(vector_isa(), from + begin, from_dy + begin, to + begin, end - begin,
                               slope);
    });
    return {dx, {}};
  }
};

}  // namespace

torch::Tensor group_norm_with_gradient(const torch::Tensor& x, std::int64_t groups,
                                       const torch::Tensor& weight, const torch::Tensor& bias,
                                       double epsilon, bool silu) {
  return GroupNormFunction::apply(x, weight, bias, groups, epsilon, silu);
}

torch::Tensor geglu_with_gradient(const torch::Tensor& x) { return GegluFunction::apply(x); }

torch::Tensor sigmoid_product_with_gradient(const torch::Tensor& x, double slope) {
  return SigmoidProductFunction::apply(x, slope);
}

}  // namespace ersatz::compute
