#include "compute/fused_layers.h"

#include <torch/torch.h>

#include <vector>

#include "compute/fused_gradients.h"
#include "compute/fused_kernel.h"
#include "compute/gradients.h"
#include "compute/group_moments.h"
#include "compute/parallel.h"
#include "compute/tensor_memory.h"

namespace ersatz::compute {

namespace {

constexpr double kQuickGeluSlope = 1.702;
// Numbers that are worth waking a second thread for.
constexpr std::int64_t kGrain = 16384;

// Whether the kernels can compute with these tensors.
bool plain(std::initializer_list<std::reference_wrapper<const torch::Tensor>> all) {
  for (const torch::Tensor& tensor : all) {
    if (!tensor.defined() || !tensor.is_cpu() || tensor.scalar_type() != torch::kFloat32 ||
        tensor.numel() == 0) {
      return false;
    }
  }
  return true;
}

std::int64_t grain_of(std::int64_t size_of_one) {
  return std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(1, size_of_one));
}

// An uninitialised tensor of the sizes and memory format of x, contiguous or channels-last.
torch::Tensor result_like(const torch::Tensor& x) {
  if (x.is_contiguous()) return empty_result(x.sizes());
  return empty_channels_last(x.size(0), x.size(1), x.size(2), x.size(3));
}

// Per channel of one image: mean, scale and shift of the normalisation.
struct Affine {
  std::vector<float> mean, scale, shift;
};

Affine affine_of(const std::vector<Moments>& moments, std::int64_t channels, const float* weight,
                 const float* bias, double epsilon) {
  const auto count = static_cast<std::size_t>(channels);
  const std::size_t width = count / moments.size();
  Affine affine{std::vector<float>(count), std::vector<float>(count),
                std::vector<float>(bias, bias + channels)};
  for (std::size_t c = 0; c < count; ++c) {
    const Moments& group = moments[c / width];
    affine.mean[c] = static_cast<float>(group.mean);
    affine.scale[c] =
        static_cast<float>(static_cast<double>(weight[c]) / std::sqrt(group.variance() + epsilon));
  }
  return affine;
}

struct Normalisation {
  std::int64_t batch, channels, pixels, groups;
  const float* weight;
  const float* bias;
  double epsilon;
  bool silu;
};

// x, y: [batch, pixels, channels].
void normalise_channels_last(const Normalisation& n, const float* x, float* y) {
  const std::int64_t blocks = (n.pixels + kMomentRows - 1) / kMomentRows;
  std::vector<Moments> parts(static_cast<std::size_t>(n.batch * blocks * n.groups));
  const std::int64_t image = n.pixels * n.channels;
  parallel_for(n.batch * blocks, grain_of(kMomentRows * n.channels),
               [&](std::int64_t begin, std::int64_t end) {
                 std::vector<float> scratch(static_cast<std::size_t>(2 * n.channels));
                 for (std::int64_t i = begin; i < end; ++i) {
                   const std::int64_t first = i % blocks * kMomentRows;
                   group_moments(x + i / blocks * image + first * n.channels,
                                 std::min(kMomentRows, n.pixels - first), n.channels, n.groups,
                                 parts.data() + i * n.groups, scratch.data());
                 }
               });
  for (std::int64_t b = 0; b < n.batch; ++b) {
    std::vector<Moments> moments(static_cast<std::size_t>(n.groups));
    for (std::int64_t i = 0; i < blocks; ++i) {
      for (std::int64_t g = 0; g < n.groups; ++g) {
        moments[static_cast<std::size_t>(g)].join(
            parts[static_cast<std::size_t>((b * blocks + i) * n.groups + g)]);
      }
    }
    const Affine affine = affine_of(moments, n.channels, n.weight, n.bias, n.epsilon);
    parallel_for(n.pixels, grain_of(n.channels), [&](std::int64_t begin, std::int64_t end) {
      const std::int64_t at = b * image + begin * n.channels;
      normalise_rows(vector_isa(), x + at, y + at, end - begin, n.channels, affine.mean.data(),
                     affine.scale.data(), affine.shift.data(), n.silu);
    });
  }
}

// x, y: [batch, channels, pixels]. A group is one run of numbers, taken as rows of one cache line.
void normalise_contiguous(const Normalisation& n, const float* x, float* y) {
  const std::int64_t width = n.channels / n.groups, run = width * n.pixels;
  constexpr std::int64_t kLine = 16;
  parallel_for(n.batch * n.groups, grain_of(run), [&](std::int64_t begin, std::int64_t end) {
    float scratch[2 * kLine];
    for (std::int64_t i = begin; i < end; ++i) {
      const float* from = x + i * run;
      Moments moments;
      std::int64_t at = 0;
      while (at < run) {
        const std::int64_t channels = run - at < kLine ? 1 : kLine;
        const std::int64_t rows = std::min(kMomentRows, (run - at) / channels);
        Moments part;
        group_moments(from + at, rows, channels, 1, &part, scratch);
        moments.join(part);
        at += rows * channels;
      }
      const double scale = 1.0 / std::sqrt(moments.variance() + n.epsilon);
      for (std::int64_t j = 0; j < width; ++j) {
        const std::int64_t c = i % n.groups * width + j;
        normalise_run(vector_isa(), from + j * n.pixels, y + i * run + j * n.pixels, n.pixels,
                      static_cast<float>(moments.mean),
                      static_cast<float>(static_cast<double>(n.weight[c]) * scale), n.bias[c],
                      n.silu);
      }
    }
  });
}

}  // namespace

torch::Tensor group_norm(torch::Tensor x, std::int64_t groups, const torch::Tensor& weight,
                         const torch::Tensor& bias, double epsilon, bool silu) {
  TORCH_CHECK(x.dim() == 4 && groups >= 1 && x.size(1) % groups == 0, "group norm of ", x.sizes(),
              " with ", groups, " groups");
  const bool differentiable = needs_gradient({x, weight, bias});
  const bool channels_last = x.is_contiguous(torch::MemoryFormat::ChannelsLast);
  if (!plain({x, weight, bias}) || (differentiable && !channels_last)) {
    const torch::Tensor y = torch::group_norm(x, groups, weight, bias, epsilon);
    return silu ? torch::silu(y) : y;
  }
  TORCH_CHECK(weight.numel() == x.size(1) && bias.numel() == x.size(1), "group norm of ", x.sizes(),
              " with weight ", weight.sizes());
  if (differentiable) return group_norm_with_gradient(x, groups, weight, bias, epsilon, silu);
  torch::Tensor in = x.contiguous(x.suggest_memory_format());
  x.reset();
  torch::Tensor out = owned_alone(in) ? in : result_like(in);
  const torch::Tensor w = weight.contiguous(), b = bias.contiguous();
  const Normalisation n{in.size(0),
                        in.size(1),
                        in.size(2) * in.size(3),
                        groups,
                        w.data_ptr<float>(),
                        b.data_ptr<float>(),
                        epsilon,
                        silu};
  if (in.is_contiguous()) {
    normalise_contiguous(n, in.data_ptr<float>(), out.data_ptr<float>());
  } else {
    normalise_channels_last(n, in.data_ptr<float>(), out.data_ptr<float>());
  }
  return out;
}

torch::Tensor layer_norm(const torch::Tensor& x, const torch::Tensor& weight,
                         const torch::Tensor& bias, double epsilon) {
  const std::int64_t width = x.size(-1);
  if (!plain({x, weight, bias}) || needs_gradient({x, weight, bias})) {
    return torch::layer_norm(x, {width}, weight, bias, epsilon);
  }
  TORCH_CHECK(weight.numel() == width && bias.numel() == width, "layer norm of ", x.sizes(),
              " with weight ", weight.sizes());
  const torch::Tensor in = x.contiguous(), w = weight.contiguous(), b = bias.contiguous();
  torch::Tensor out = empty_result(in.sizes());
  const float* from = in.data_ptr<float>();
  float* to = out.data_ptr<float>();
  const float* scale = w.data_ptr<float>();
  const float* shift = b.data_ptr<float>();
  parallel_for(in.numel() / width, grain_of(width), [&](std::int64_t begin, std::int64_t end) {
    layer_norm_rows(vector_isa(), from + begin * width, to + begin * width, end - begin, width,
                    scale, shift, epsilon);
  });
  return out;
}

torch::Tensor geglu(const torch::Tensor& x) {
  const std::int64_t width = x.size(-1) / 2;
  TORCH_CHECK(x.size(-1) == 2 * width, "geglu of an odd number of columns, ", x.sizes());
  if (!plain({x})) {
    const std::vector<torch::Tensor> halves = x.chunk(2, -1);
    return halves[0] * torch::gelu(halves[1]);
  }
  if (needs_gradient({x})) return geglu_with_gradient(x);
  const torch::Tensor in = x.contiguous();
  std::vector<std::int64_t> sizes = x.sizes().vec();
  sizes.back() = width;
  torch::Tensor out = empty_result(sizes);
  const float* from = in.data_ptr<float>();
  float* to = out.data_ptr<float>();
  parallel_for(out.numel() / width, grain_of(width), [&](std::int64_t begin, std::int64_t end) {
    geglu_rows(vector_isa(), from + begin * 2 * width, to + begin * width, end - begin, width);
  });
  return out;
}

torch::Tensor quick_gelu(const torch::Tensor& x) {
  if (!plain({x})) return x * torch::sigmoid(kQuickGeluSlope * x);
  if (needs_gradient({x})) return sigmoid_product_with_gradient(x, kQuickGeluSlope);
  const torch::Tensor in = x.contiguous();
  torch::Tensor out = empty_result(in.sizes());
  const float* from = in.data_ptr<float>();
  float* to = out.data_ptr<float>();
  parallel_for(in.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
    sigmoid_product(vector_isa(), from + begin, to + begin, end - begin,
                    static_cast<float>(kQuickGeluSlope));
  });
  return out;
}

}  // namespace ersatz::compute
