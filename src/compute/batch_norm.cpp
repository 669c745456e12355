#include "compute/batch_norm.h"

#include <torch/autograd.h>
#include <torch/types.h>

#include <algorithm>
#include <vector>

#include "compute/batch_norm_kernel.h"
#include "compute/fused_kernel.h"
#include "compute/gradients.h"
#include "compute/group_moments.h"
#include "compute/parallel.h"
#include "compute/pixel_rows.h"
#include "compute/tensor_memory.h"
#include "core/error.h"

namespace ersatz::compute {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

torch::Tensor empty_like_rows(const torch::Tensor& rows) { return empty_result(rows.sizes()); }

torch::Tensor as_pictures(const torch::Tensor& rows) { return rows.permute({0, 3, 1, 2}); }

// Mean, scale and shift of the normalisation, and 1 / deviation: float32 [C].
struct Affine {
  torch::Tensor mean, scale, shift, inverse;

  ChannelAffine view() const {
    return {mean.data_ptr<float>(), scale.data_ptr<float>(), shift.data_ptr<float>()};
  }
};

Affine affine_of(const std::vector<double>& mean, const std::vector<double>& variance,
                 const torch::Tensor& weight, const torch::Tensor& bias, double epsilon) {
  const auto channels = static_cast<std::int64_t>(mean.size());
  Affine affine{torch::empty({channels}), torch::empty({channels}), bias.detach().contiguous(),
                torch::empty({channels})};
  const torch::Tensor weights = weight.detach().contiguous();
  const float* w = weights.data_ptr<float>();
  float* m = affine.mean.data_ptr<float>();
  float* s = affine.scale.data_ptr<float>();
  float* i = affine.inverse.data_ptr<float>();
  for (std::size_t c = 0; c < mean.size(); ++c) {
    const double inverse = 1.0 / std::sqrt(variance[c] + epsilon);
    m[c] = static_cast<float>(mean[c]);
    s[c] = static_cast<float>(static_cast<double>(w[c]) * inverse);
    i[c] = static_cast<float>(inverse);
  }
  return affine;
}

Affine running_affine(const BatchNorm& norm) {
  const torch::Tensor mean = norm.running_mean.to(torch::kDouble).contiguous();
  const torch::Tensor variance = norm.running_var.to(torch::kDouble).contiguous();
  const double* m = mean.data_ptr<double>();
  const double* v = variance.data_ptr<double>();
  return affine_of({m, m + mean.numel()}, {v, v + variance.numel()}, norm.weight, norm.bias,
                   norm.epsilon);
}

// By the moments of rows [B, H, W, C]; updates the running ones.
Affine batch_affine(const torch::Tensor& rows, const BatchNorm& norm) {
  const std::int64_t channels = rows.size(3), count = rows.numel() / channels;
  if (count < 2) {
    throw core::Error::usage("batch normalisation in training needs more than one pixel per batch",
                             "use larger images, or a batch size that leaves no single image over");
  }
  const std::int64_t blocks = (count + kMomentRows - 1) / kMomentRows;
  std::vector<Moments> parts(static_cast<std::size_t>(blocks * channels));
  const float* x = rows.data_ptr<float>();
  run_tasks(blocks, 2 * channels, [&](std::int64_t block, float* scratch) {
    const std::int64_t first = block * kMomentRows;
    group_moments(x + first * channels, std::min(kMomentRows, count - first), channels, channels,
                  parts.data() + block * channels, scratch);
  });
  std::vector<double> mean, variance;
  float* running_mean = norm.running_mean.data_ptr<float>();
  float* running_var = norm.running_var.data_ptr<float>();
  const double keep = 1.0 - norm.momentum;
  for (std::int64_t c = 0; c < channels; ++c) {
    Moments all;
    for (std::int64_t block = 0; block < blocks; ++block) {
      all.join(parts[static_cast<std::size_t>(block * channels + c)]);
    }
    mean.push_back(all.mean);
    variance.push_back(all.variance());
    const double unbiased = all.squares / (all.count - 1);
    running_mean[c] =
        static_cast<float>(keep * static_cast<double>(running_mean[c]) + norm.momentum * all.mean);
    running_var[c] =
        static_cast<float>(keep * static_cast<double>(running_var[c]) + norm.momentum * unbiased);
  }
  return affine_of(mean, variance, norm.weight, norm.bias, norm.epsilon);
}

torch::Tensor normalise(const torch::Tensor& rows, const Affine& affine, bool relu,
                        const torch::Tensor& residual) {
  const std::int64_t channels = rows.size(3), count = rows.numel() / channels;
  torch::Tensor y = empty_like_rows(rows);
  const float* x = rows.data_ptr<float>();
  const float* added = residual.defined() ? residual.data_ptr<float>() : nullptr;
  float* to = y.data_ptr<float>();
  const ChannelAffine view = affine.view();
  const std::int64_t grain = std::max<std::int64_t>(1, 16384 / channels);
  parallel_for(count, grain, [&](std::int64_t begin, std::int64_t end) {
    affine_rows(vector_isa(), view, x + begin * channels,
                added == nullptr ? nullptr : added + begin * channels, relu, end - begin, channels,
                to + begin * channels);
  });
  return y;
}

// What a backward pass needs of the sums over all rows.
struct GradientSums {
  torch::Tensor weight, bias;  // their gradients, [C]
  torch::Tensor of_gradient, of_input, constant;

  GradientAffine view() const {
    return {of_gradient.data_ptr<float>(), of_input.data_ptr<float>(), constant.data_ptr<float>()};
  }
};

// From parts [parts][2][C], sums and products of `count` numbers per channel.
GradientSums join(const std::vector<float>& parts, std::int64_t channels, std::int64_t count,
                  const torch::Tensor& scale, const torch::Tensor& inverse) {
  GradientSums sums{torch::empty({channels}), torch::empty({channels}), torch::empty({channels}),
                    torch::empty({channels}), torch::empty({channels})};
  const auto blocks = static_cast<std::int64_t>(parts.size()) / (2 * channels);
  const float* s = scale.data_ptr<float>();
  const float* v = inverse.data_ptr<float>();
  for (std::int64_t c = 0; c < channels; ++c) {
    double sum = 0, product = 0;
    for (std::int64_t b = 0; b < blocks; ++b) {
      const float* part = parts.data() + b * 2 * channels;
      sum += static_cast<double>(part[c]);
      product += static_cast<double>(part[channels + c]);
    }
    const auto n = static_cast<double>(count);
    const double factor = static_cast<double>(s[c]), deviation = static_cast<double>(v[c]);
    sums.weight.data_ptr<float>()[c] = static_cast<float>(product * deviation);
    sums.bias.data_ptr<float>()[c] = static_cast<float>(sum);
    sums.of_gradient.data_ptr<float>()[c] = s[c];
    sums.of_input.data_ptr<float>()[c] =
        static_cast<float>(-factor * deviation * deviation * product / n);
    sums.constant.data_ptr<float>()[c] = static_cast<float>(-factor * sum / n);
  }
  return sums;
}

// Saved: x, mean, scale, shift, inverse, and the output where the mask needs it.
class FusedBatchNorm : public torch::autograd::Function<FusedBatchNorm> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& input,
                               const torch::Tensor& weight, const torch::Tensor& bias,
                               const c10::optional<torch::Tensor>& residual, const BatchNorm& norm,
                               bool relu) {
    const torch::Tensor x = rows_of_pixels(input);
    const torch::Tensor added = residual ? rows_of_pixels(*residual) : torch::Tensor();
    BatchNorm own = norm;
    own.weight = weight;
    own.bias = bias;
    const Affine affine = batch_affine(x, own);
    const torch::Tensor y = normalise(x, affine, relu, added);
    const bool keep_output = relu && added.defined();
    context->saved_data["relu"] = relu;
    context->saved_data["residual"] = added.defined();
    context->save_for_backward({x, affine.mean, affine.scale, affine.shift, affine.inverse,
                                keep_output ? y : torch::Tensor()});
    return as_pictures(y);
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const tensor_list saved = context->get_saved_variables();
    const torch::Tensor& x = saved[0];
    const Affine affine{saved[1], saved[2], saved[3], saved[4]};
    const bool relu = context->saved_data["relu"].toBool();
    const bool has_residual = context->saved_data["residual"].toBool();
    const torch::Tensor dy = rows_of_pixels(gradients[0]);
    const std::int64_t channels = x.size(3), count = x.numel() / channels;

    GradientRows all;
    all.affine = affine.view();
    all.mask = !relu ? ReluMask::kNone : has_residual ? ReluMask::kOutput : ReluMask::kAffine;
    all.x = x.data_ptr<float>();
    all.dy = dy.data_ptr<float>();
    if (all.mask == ReluMask::kOutput) all.y = saved[5].data_ptr<float>();
    all.channels = channels;
    // Behind a ReLU the gradient of the residual is a tensor of its own, which the second pass
    // reads; without one it is the incoming gradient.
    const bool keep = has_residual && relu;
    torch::Tensor masked = keep ? empty_like_rows(x) : torch::Tensor();
    float* const masked_to = keep ? masked.data_ptr<float>() : nullptr;
    const auto rows_from = [&](GradientRows in, std::int64_t first, std::int64_t rows) {
      in.x += first * channels;
      in.dy += first * channels;
      if (in.y != nullptr) in.y += first * channels;
      in.rows = rows;
      return in;
    };

    const std::int64_t blocks = (count + kMomentRows - 1) / kMomentRows;
    std::vector<float> parts(static_cast<std::size_t>(blocks * 2 * channels));
    run_tasks(blocks, 0, [&](std::int64_t block, float*) {
      const std::int64_t first = block * kMomentRows;
      float* part = parts.data() + block * 2 * channels;
      gradient_sums(vector_isa(), rows_from(all, first, std::min(kMomentRows, count - first)), part,
                    part + channels, keep ? masked_to + first * channels : nullptr);
    });
    const GradientSums sums = join(parts, channels, count, affine.scale, affine.inverse);
    torch::Tensor dx;
    if (context->needs_input_grad(0)) {
      if (keep) {
        all.dy = masked_to;
        all.mask = ReluMask::kNone;
      }
      dx = empty_like_rows(x);
      float* const to = dx.data_ptr<float>();
      const GradientAffine view = sums.view();
      parallel_for(count, std::max<std::int64_t>(1, 16384 / channels),
                   [&](std::int64_t begin, std::int64_t end) {
                     input_gradient(vector_isa(), rows_from(all, begin, end - begin), view,
                                    to + begin * channels);
                   });
      dx = as_pictures(dx);
    }
    torch::Tensor residual_gradient;
    if (has_residual) residual_gradient = keep ? as_pictures(masked) : gradients[0];
    return {dx, sums.weight, sums.bias, residual_gradient, {}, {}};
  }
};

PoolRows pool_of(const torch::Tensor& rows, const Affine& affine) {
  return {affine.view(), rows.size(1), rows.size(2), rows.size(3)};
}

// [B, H, W, C] to [B, (H+1)/2, (W+1)/2, C]; `winner` of the same size, or undefined.
torch::Tensor pool(const torch::Tensor& rows, const Affine& affine, torch::Tensor& winner) {
  const PoolRows shape = pool_of(rows, affine);
  const std::int64_t batch = rows.size(0), height = shape.out_height();
  torch::Tensor y = empty_result({batch, height, shape.out_width(), shape.channels});
  const std::int64_t in_image = shape.height * shape.width * shape.channels;
  const std::int64_t out_row = shape.out_width() * shape.channels;
  const float* x = rows.data_ptr<float>();
  float* to = y.data_ptr<float>();
  std::uint8_t* which = winner.defined() ? winner.data_ptr<std::uint8_t>() : nullptr;
  run_tasks(batch * height, 0, [&](std::int64_t task, float*) {
    pool_row(vector_isa(), shape, x + task / height * in_image, task % height, to + task * out_row,
             which == nullptr ? nullptr : which + task * out_row);
  });
  return y;
}

class FusedBatchNormPool : public torch::autograd::Function<FusedBatchNormPool> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& input,
                               const torch::Tensor& weight, const torch::Tensor& bias,
                               const BatchNorm& norm) {
    const torch::Tensor x = rows_of_pixels(input);
    BatchNorm own = norm;
    own.weight = weight;
    own.bias = bias;
    const Affine affine = batch_affine(x, own);
    const PoolRows shape = pool_of(x, affine);
    torch::Tensor winner = torch::empty(
        {x.size(0), shape.out_height(), shape.out_width(), shape.channels}, torch::kUInt8);
    const torch::Tensor y = pool(x, affine, winner);
    context->save_for_backward(
        {x, affine.mean, affine.scale, affine.shift, affine.inverse, winner});
    return as_pictures(y);
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const tensor_list saved = context->get_saved_variables();
    const torch::Tensor& x = saved[0];
    const Affine affine{saved[1], saved[2], saved[3], saved[4]};
    const torch::Tensor dy = rows_of_pixels(gradients[0]);
    const PoolRows shape = pool_of(x, affine);
    const std::int64_t channels = shape.channels, rows = x.size(0) * shape.height;
    const std::int64_t in_row = shape.width * channels;
    const std::int64_t out_image = shape.out_height() * shape.out_width() * channels;
    const float* from = x.data_ptr<float>();
    const float* gradient = dy.data_ptr<float>();
    const std::uint8_t* winner = saved[5].data_ptr<std::uint8_t>();

    std::vector<float> parts(static_cast<std::size_t>(rows * 2 * channels));
    run_tasks(rows, 0, [&](std::int64_t task, float*) {
      const std::int64_t image = task / shape.height;
      float* part = parts.data() + task * 2 * channels;
      pool_gradient_sums(vector_isa(), shape, from + task * in_row, gradient + image * out_image,
                         winner + image * out_image, task % shape.height, part, part + channels);
    });
    const GradientSums sums =
        join(parts, channels, rows * shape.width, affine.scale, affine.inverse);
    torch::Tensor dx;
    if (context->needs_input_grad(0)) {
      dx = empty_like_rows(x);
      float* const to = dx.data_ptr<float>();
      const GradientAffine view = sums.view();
      run_tasks(rows, 0, [&](std::int64_t task, float*) {
        const std::int64_t image = task / shape.height;
        pool_input_gradient(vector_isa(), shape, view, from + task * in_row,
                            gradient + image * out_image, winner + image * out_image,
                            task % shape.height, to + task * in_row);
      });
      dx = as_pictures(dx);
    }
    return {dx, sums.weight, sums.bias, {}};
  }
};

bool fused(const torch::Tensor& x, const BatchNorm& norm) {
  return x.is_cpu() && x.dim() == 4 && x.scalar_type() == torch::kFloat32 && x.numel() > 0 &&
         x.size(1) % 16 == 0 && norm.weight.scalar_type() == torch::kFloat32 &&
         norm.running_mean.is_contiguous() && norm.running_var.is_contiguous();
}

torch::Tensor libtorch_norm(const torch::Tensor& x, const BatchNorm& norm, bool training) {
  return torch::batch_norm(x, norm.weight, norm.bias, norm.running_mean, norm.running_var, training,
                           norm.momentum, norm.epsilon, /*cudnn_enabled=*/true);
}

}  // namespace

torch::Tensor batch_norm(const torch::Tensor& x, const BatchNorm& norm, bool training, bool relu,
                         const torch::Tensor& residual) {
  TORCH_CHECK(!residual.defined() || residual.sizes() == x.sizes(), "batch norm of ", x.sizes(),
              " with a residual of ", residual.sizes());
  const bool gradient = needs_gradient({x, norm.weight, norm.bias, residual});
  if (fused(x, norm) && (training || !gradient)) {
    if (training) {
      const auto added = residual.defined() ? c10::optional<torch::Tensor>(residual) : c10::nullopt;
      return FusedBatchNorm::apply(x, norm.weight, norm.bias, added, norm, relu);
    }
    return as_pictures(normalise(rows_of_pixels(x), running_affine(norm), relu,
                                 residual.defined() ? rows_of_pixels(residual) : torch::Tensor()));
  }
  torch::Tensor y = libtorch_norm(x, norm, training);
  if (residual.defined()) y = y + residual;
  return relu ? torch::relu(y) : y;
}

torch::Tensor batch_norm_relu_max_pool(const torch::Tensor& x, const BatchNorm& norm,
                                       bool training) {
  const bool gradient = needs_gradient({x, norm.weight, norm.bias});
  if (fused(x, norm) && (training || !gradient)) {
    if (training) return FusedBatchNormPool::apply(x, norm.weight, norm.bias, norm);
    torch::Tensor none;
    return as_pictures(pool(rows_of_pixels(x), running_affine(norm), none));
  }
  return torch::max_pool2d(torch::relu(libtorch_norm(x, norm, training)), 3, 2, 1);
}

}  // namespace ersatz::compute
