#include "compute/fused_gradients.h"

#include <torch/autograd.h>
#include <torch/types.h>

#include <vector>

#include "compute/fused_kernel.h"
#include "compute/gradient_kernel.h"
#include "compute/gradients.h"
#include "compute/parallel.h"
#include "compute/tensor_memory.h"

namespace ersatz::compute {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

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
    parallel_for(y.numel() / width, grain_for(width), [&](std::int64_t begin, std::int64_t end) {
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
    parallel_for(dy.numel() / width, grain_for(width), [&](std::int64_t begin, std::int64_t end) {
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
    parallel_for(x.numel(), grain_for(1), [&](std::int64_t begin, std::int64_t end) {
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
    parallel_for(x.numel(), grain_for(1), [&](std::int64_t begin, std::int64_t end) {
      sigmoid_product_gradient(vector_isa(), from + begin, from_dy + begin, to + begin, end - begin,
                               slope);
    });
    return {dx, {}};
  }
};

}  // namespace

torch::Tensor geglu_with_gradient(const torch::Tensor& x) { return GegluFunction::apply(x); }

torch::Tensor sigmoid_product_with_gradient(const torch::Tensor& x, double slope) {
  return SigmoidProductFunction::apply(x, slope);
}

}  // namespace ersatz::compute
