// Whether libtorch would record an operation for backpropagation, and what a hand-written gradient
// can do.
#pragma once

#include <torch/types.h>

#include <functional>
#include <initializer_list>

namespace ersatz::compute {

// True when gradients are enabled and one of the tensors (which may be undefined) needs one: the
// hand-written kernels have none.
inline bool needs_gradient(std::initializer_list<std::reference_wrapper<const torch::Tensor>> all) {
  if (!torch::GradMode::is_enabled()) return false;
  for (const torch::Tensor& tensor : all) {
    if (tensor.defined() && tensor.requires_grad()) return true;
  }
  return false;
}

// For the backward functions written by hand: gradients of gradients would silently be wrong.
inline void require_first_order(const char* what) {
  TORCH_CHECK(!torch::GradMode::is_enabled(), what, " has no second derivative on the CPU");
}

}  // namespace ersatz::compute
