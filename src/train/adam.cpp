#include "train/adam.h"

#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

#include "compute/parallel.h"
#include "compute/torch_shim.h"
#include "core/error.h"
#include "train/adam_kernel.h"

namespace ersatz::train {

namespace {

// Work is cut into pieces of this many elements, whatever the number of threads: gradient norms are
// summed in the same order everywhere.
constexpr std::int64_t kPiece = 1 << 15;

struct Piece {
  std::size_t parameter = 0;
  std::int64_t begin = 0, size = 0;
};

std::vector<Piece> cut(const std::vector<torch::Tensor>& gradients) {
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    if (!gradients[i].defined()) continue;
    const std::int64_t size = gradients[i].numel();
    for (std::int64_t begin = 0; begin < size; begin += kPiece) {
      pieces.push_back({i, begin, std::min(kPiece, size - begin)});
    }
  }
  return pieces;
}

// The gradient with the parameter's own memory order, so that both can be walked as flat arrays.
torch::Tensor aligned(const torch::Tensor& gradient, const torch::Tensor& parameter) {
  if (!gradient.defined() || gradient.strides() == parameter.strides()) return gradient;
  return torch::empty_like(parameter).copy_(gradient);
}

double clip_factor(double squares, double largest) {
  const double norm = std::sqrt(squares);
  // A NaN norm compares false: the NaN then reaches the loss, where it is detected.
  return norm > largest ? largest / norm : 1.0;
}

}  // namespace

Adam::Adam(std::vector<AdamParameter> parameters, const AdamOptions& options)
    : parameters_(std::move(parameters)), options_(options) {
  for (AdamParameter& parameter : parameters_) {
    if (parameter.tensor.scalar_type() != torch::kFloat32 ||
        !parameter.tensor.is_non_overlapping_and_dense()) {
      throw core::Error::internal("Adam needs dense float32 parameters: " + parameter.name);
    }
    const torch::Tensor plain = parameter.tensor.detach();
    first_moments_.push_back(torch::zeros_like(plain));
    second_moments_.push_back(torch::zeros_like(plain));
  }
}

void Adam::drop_gradients() {
  for (AdamParameter& parameter : parameters_) parameter.tensor.mutable_grad() = torch::Tensor();
}

void Adam::step(double learning_rate, double beta1) {
  const torch::NoGradGuard no_grad;
  ++updates_;
  const bool cpu = std::all_of(parameters_.begin(), parameters_.end(),
                               [](const AdamParameter& p) { return p.tensor.is_cpu(); });
  if (cpu) {
    step_cpu(learning_rate, beta1);
  } else {
    step_generic(learning_rate, beta1);
  }
  drop_gradients();
}

void Adam::step_cpu(double learning_rate, double beta1) {
  std::vector<torch::Tensor> gradients;
  for (const AdamParameter& parameter : parameters_) {
    gradients.push_back(aligned(parameter.tensor.grad(), parameter.tensor));
  }
  const std::vector<Piece> pieces = cut(gradients);
  const auto count = static_cast<std::int64_t>(pieces.size());

  std::vector<double> scales(parameters_.size(), 1.0);
  if (options_.clip != ClipMode::kNone) {
    std::vector<double> squares(pieces.size());
    compute::parallel_for(count, 1, [&](std::int64_t begin, std::int64_t end) {
      for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
        squares[i] = sum_of_squares(
            gradients[pieces[i].parameter].data_ptr<float>() + pieces[i].begin, pieces[i].size);
      }
    });
    std::vector<double> per_tensor(parameters_.size(), 0.0);
    double all = 0;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      per_tensor[pieces[i].parameter] += squares[i];
      all += squares[i];
    }
    for (std::size_t i = 0; i < scales.size(); ++i) {
      scales[i] = clip_factor(options_.clip == ClipMode::kGlobalNorm ? all : per_tensor[i],
                              options_.clip_norm);
    }
  }

  const auto t = static_cast<double>(updates_);
  AdamStep common;
  common.beta1 = static_cast<float>(beta1);
  common.beta2 = static_cast<float>(options_.beta2);
  common.epsilon = static_cast<float>(options_.epsilon);
  common.step_size = static_cast<float>(learning_rate / (1.0 - std::pow(beta1, t)));
  common.inverse_root_correction =
      static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(options_.beta2, t)));
  compute::parallel_for(count, 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
      const auto [index, offset, size] = pieces[i];
      AdamStep own = common;
      own.gradient_scale = static_cast<float>(scales[index]);
      own.weight_decay =
          parameters_[index].decay ? static_cast<float>(options_.weight_decay) : 0.0F;
      adam_update(parameters_[index].tensor.data_ptr<float>() + offset,
                  gradients[index].data_ptr<float>() + offset,
                  first_moments_[index].data_ptr<float>() + offset,
                  second_moments_[index].data_ptr<float>() + offset, size, own);
    }
  });
}

// Hundreds of tensors in a dozen launches, where every launch costs more than its arithmetic.
void Adam::step_generic(double learning_rate, double beta1) {
  const auto t = static_cast<double>(updates_);
  const double step_size = learning_rate / (1.0 - std::pow(beta1, t));
  const double root_correction = std::sqrt(1.0 - std::pow(options_.beta2, t));

  std::vector<torch::Tensor> tensors, gradients, first, second, decayed, decayed_gradients;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const torch::Tensor tensor = parameters_[i].tensor.detach();
    const torch::Tensor gradient = aligned(parameters_[i].tensor.grad(), tensor);
    if (!gradient.defined()) continue;
    tensors.push_back(tensor);
    gradients.push_back(gradient);
    first.push_back(first_moments_[i]);
    second.push_back(second_moments_[i]);
    if (parameters_[i].decay && options_.weight_decay != 0) {
      decayed.push_back(tensor);
      decayed_gradients.push_back(gradient);
    }
  }
  if (gradients.empty()) return;

  // Clipping factors stay on the device as tensors: reading them would stall it.
  const auto factor = [&](const torch::Tensor& norm) {
    return (options_.clip_norm / norm).clamp_max(1.0);
  };
  if (options_.clip == ClipMode::kGlobalNorm) {
    const torch::Tensor norm = torch::stack(at::_foreach_norm(gradients, 2)).norm();
    compute::multiply_all(gradients, factor(norm));
  } else if (options_.clip == ClipMode::kPerTensor) {
    for (torch::Tensor& gradient : gradients) gradient.mul_(factor(gradient.norm()));
  }
  if (!decayed.empty()) at::_foreach_add_(decayed_gradients, decayed, options_.weight_decay);
  at::_foreach_mul_(first, beta1);
  at::_foreach_add_(first, gradients, 1.0 - beta1);
  at::_foreach_mul_(second, options_.beta2);
  at::_foreach_addcmul_(second, gradients, gradients, 1.0 - options_.beta2);
  std::vector<torch::Tensor> denominators = at::_foreach_sqrt(second);
  at::_foreach_div_(denominators, root_correction);
  at::_foreach_add_(denominators, options_.epsilon);
  at::_foreach_addcdiv_(tensors, first, denominators, -step_size);
}

models::NamedTensors Adam::state(const std::string& prefix) const {
  models::NamedTensors result;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    result.emplace(prefix + "m/" + parameters_[i].name,
                   first_moments_[i].to(torch::kCPU, false, true));
    result.emplace(prefix + "v/" + parameters_[i].name,
                   second_moments_[i].to(torch::kCPU, false, true));
  }
  return result;
}

void Adam::load_state(const models::NamedTensors& tensors, const std::string& prefix,
                      std::int64_t updates, const std::filesystem::path& file) {
  const auto load = [&](const std::string& name, torch::Tensor& target) {
    const auto found = tensors.find(name);
    if (found == tensors.end() || found->second.sizes() != target.sizes() ||
        found->second.scalar_type() != target.scalar_type()) {
      throw core::Error::untrusted(
          file, fmt::format("optimiser state '{}' is missing or has another shape", name));
    }
    target.copy_(found->second);
  };
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    load(prefix + "m/" + parameters_[i].name, first_moments_[i]);
    load(prefix + "v/" + parameters_[i].name, second_moments_[i]);
  }
  updates_ = updates;
}

}  // namespace ersatz::train
