// The gradients written by hand, against libtorch's own in double precision.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "compute/attention.h"
#include "compute/attention_gradient_kernel.h"
#include "compute/fused_layers.h"
#include "compute/gradient_kernel.h"
#include "compute/kernel_isas.h"
#include "compute/linear.h"
#include "compute/linear_gradient_kernel.h"

namespace ersatz::compute {
namespace {

using Tensors = std::vector<torch::Tensor>;
using Function = std::function<torch::Tensor(const Tensors&)>;

Tensors leaves(const Tensors& values, c10::ScalarType type) {
  Tensors result;
  for (const torch::Tensor& value : values) {
    result.push_back(value.detach().to(type).clone().requires_grad_(true));
  }
  return result;
}

// Gradients of sum(weights * function(values)) with respect to all values.
Tensors gradients_of(const Function& function, const Tensors& values, const torch::Tensor& weights,
                     c10::ScalarType type) {
  const Tensors inputs = leaves(values, type);
  return torch::autograd::grad({(function(inputs) * weights.to(type)).sum()}, inputs);
}

// Largest difference in units of the largest number, or of 0.1 where all are nearly zero.
double relative_error(const torch::Tensor& actual, const torch::Tensor& expected) {
  const torch::Tensor difference = (actual.to(torch::kFloat64) - expected).abs().max();
  const double error = (difference / expected.abs().max().clamp_min(0.1)).item<double>();
  return std::isnan(error) ? std::numeric_limits<double>::infinity() : error;
}

void expect_equal_gradients(const Function& function, const Function& reference,
                            const Tensors& values, double tolerance, const std::string& what) {
  const torch::Tensor weights = torch::randn(reference(values).sizes());
  const Tensors actual = gradients_of(function, values, weights, torch::kFloat32);
  const Tensors expected = gradients_of(reference, values, weights, torch::kFloat64);
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_LE(relative_error(actual[i], expected[i]), tolerance) << what << ", input " << i;
  }
}

struct Sizes {
  std::int64_t batch, heads, queries, keys, width, value_width;
};

// Whole blocks, rests, prompts, one key, heads wider than a block of vectors and narrower than one.
const Sizes kSizes[] = {{2, 3, 130, 130, 40, 40}, {1, 2, 256, 77, 32, 32}, {2, 4, 64, 64, 16, 16},
                        {1, 2, 49, 100, 80, 80},  {2, 2, 77, 77, 28, 28},  {1, 4, 33, 47, 4, 4},
                        {1, 2, 5, 1, 16, 16},     {1, 1, 1, 200, 32, 32},  {1, 1, 70, 61, 160, 160},
                        {3, 1, 17, 95, 7, 13},    {1, 1, 33, 161, 24, 8}};

torch::Tensor plain_attention(const Tensors& in, std::int64_t heads, double scale, bool causal) {
  const auto split = [&](const torch::Tensor& x) {
    return x.view({x.size(0), x.size(1), heads, x.size(2) / heads}).transpose(1, 2);
  };
  torch::Tensor scores = torch::matmul(split(in[0]), split(in[1]).transpose(2, 3)) * scale;
  if (causal) {
    const torch::Tensor later = torch::ones({in[0].size(1), in[1].size(1)}, torch::kBool).triu(1);
    scores = scores.masked_fill(later, -std::numeric_limits<double>::infinity());
  }
  return torch::matmul(torch::softmax(scores, -1), split(in[2]))
      .transpose(1, 2)
      .reshape({in[0].size(0), in[0].size(1), in[2].size(2)});
}

Tensors attention_inputs(const Sizes& s) {
  return {torch::randn({s.batch, s.queries, s.heads * s.width}),
          torch::randn({s.batch, s.keys, s.heads * s.width}),
          torch::randn({s.batch, s.keys, s.heads * s.value_width})};
}

TEST(AttentionGradient, EqualsTheDefinitionsInDoublePrecision) {
  torch::manual_seed(1);
  for (const Sizes& s : kSizes) {
    for (const bool causal : {false, true}) {
      if (causal && s.queries != s.keys) continue;
      expect_equal_gradients(
          [&](const Tensors& in) { return attention(in[0], in[1], in[2], s.heads, 0.3, causal); },
          [&](const Tensors& in) { return plain_attention(in, s.heads, 0.3, causal); },
          attention_inputs(s), 1e-5, fmt::format("N {} M {} D {}", s.queries, s.keys, s.width));
    }
  }
}

TEST(AttentionGradient, EveryInstructionSetGivesTheSame) {
  torch::manual_seed(2);
  for (const VectorIsa isa : usable_isas()) {
    for (const Sizes& s : kSizes) {
      const Tensors in = attention_inputs(s);
      const torch::Tensor out = torch::empty({s.batch, s.queries, s.heads * s.value_width});
      const torch::Tensor out_gradient = torch::randn(out.sizes());
      const torch::Tensor sums = torch::empty({s.batch, s.heads, s.queries});
      const Tensors gradient = {torch::empty_like(in[0]), torch::empty_like(in[1]),
                                torch::empty_like(in[2])};
      AttentionGradient g;
      g.shape = {s.batch,         s.heads,         s.queries,       s.keys,
                 s.width,         s.value_width,   in[0].stride(0), in[0].stride(1),
                 in[1].stride(0), in[1].stride(1), in[2].stride(0), in[2].stride(1),
                 out.stride(0),   out.stride(1),   0.25F,           false};
      g.q = in[0].data_ptr<float>();
      g.k = in[1].data_ptr<float>();
      g.v = in[2].data_ptr<float>();
      g.out = out.data_ptr<float>();
      g.out_gradient = out_gradient.data_ptr<float>();
      g.log_sums = sums.data_ptr<float>();
      g.q_gradient = gradient[0].data_ptr<float>();
      g.k_gradient = gradient[1].data_ptr<float>();
      g.v_gradient = gradient[2].data_ptr<float>();
      const torch::Tensor scratch = torch::full(
          {std::max(attention_workspace(g.shape), attention_gradient_workspace(g.shape))}, NAN);
      attention_forward(isa, g.shape, g.q, g.k, g.v, out.data_ptr<float>(), 0,
                        attention_tasks(g.shape), scratch.data_ptr<float>(),
                        sums.data_ptr<float>());
      scratch.fill_(NAN);
      attention_backward(isa, g, 0, attention_gradient_tasks(g.shape), scratch.data_ptr<float>());
      const Tensors expected =
          gradients_of([&](const Tensors& x) { return plain_attention(x, s.heads, 0.25, false); },
                       in, out_gradient, torch::kFloat64);
      for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_LE(relative_error(gradient[i], expected[i]), 1e-5)
            << isa_name(isa) << " N " << s.queries << " M " << s.keys << " D " << s.width
            << " input " << i;
      }
    }
  }
}

TEST(AttentionGradient, ReadsViewsInPlaceAndHasNoSecondDerivative) {
  torch::manual_seed(3);
  const auto attend = [](const Tensors& in) {
    const std::vector<torch::Tensor> parts = in[0].chunk(3, 2);
    return attention(parts[0], parts[1], parts[2], 4, 0.3);
  };
  expect_equal_gradients(
      attend,
      [](const Tensors& in) {
        const std::vector<torch::Tensor> parts = in[0].chunk(3, 2);
        return plain_attention(
            {parts[0].contiguous(), parts[1].contiguous(), parts[2].contiguous()}, 4, 0.3, false);
      },
      {torch::randn({2, 70, 3 * 48})}, 1e-5, "views");
  const Tensors in = leaves({torch::randn({1, 5, 24})}, torch::kFloat32);
  EXPECT_THROW(torch::autograd::grad({attend(in).sum()}, in, {}, true, /*create_graph=*/true),
               c10::Error);
}

TEST(AttentionGradient, SameBitsForAnyNumberOfThreads) {
  torch::manual_seed(4);
  const Sizes s{2, 3, 100, 90, 20, 20};
  const Tensors in = attention_inputs(s);
  const torch::Tensor weights = torch::randn({s.batch, s.queries, s.heads * s.value_width});
  const auto attend = [&](const Tensors& x) { return attention(x[0], x[1], x[2], s.heads, 0.2); };
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const Tensors one = gradients_of(attend, in, weights, torch::kFloat32);
  at::set_num_threads(2);
  const Tensors two = gradients_of(attend, in, weights, torch::kFloat32);
  at::set_num_threads(threads);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(torch::equal(one[i], two[i])) << i;
}

TEST(LinearGradient, EqualsDoublePrecision) {
  torch::manual_seed(5);
  struct Layer {
    std::vector<std::int64_t> rows;
    std::int64_t inputs, outputs;
  };
  // Whole blocks and rests of rows, outputs and inputs; the last is left to libtorch.
  const Layer layers[] = {{{2, 200}, 64, 96}, {{97}, 16, 1},       {{1, 3}, 112, 7},
                          {{5}, 208, 130},    {{3, 4, 8}, 32, 50}, {{10}, 20, 8}};
  for (const Layer& layer : layers) {
    std::vector<std::int64_t> in = layer.rows, out = layer.rows;
    in.push_back(layer.inputs);
    out.push_back(layer.outputs);
    const std::string what = fmt::format("{} to {}", layer.inputs, layer.outputs);
    const Tensors values = {torch::randn(in), torch::randn({layer.outputs, layer.inputs}),
                            torch::randn({layer.outputs}), torch::randn(out)};
    expect_equal_gradients([](const Tensors& x) { return compute::linear(x[0], x[1], x[2], x[3]); },
                           [](const Tensors& x) { return torch::linear(x[0], x[1], x[2]) + x[3]; },
                           values, 1e-5, what);
    expect_equal_gradients([](const Tensors& x) { return compute::linear(x[0], x[1], {}); },
                           [](const Tensors& x) { return torch::linear(x[0], x[1]); },
                           {values[0], values[1]}, 1e-5, what + " without bias");
  }
}

TEST(LinearGradient, OnlyWhatIsAskedFor) {
  torch::manual_seed(6);
  const torch::Tensor x = torch::randn({6, 32}), bias = torch::randn({8});
  const torch::Tensor weight = torch::randn({8, 32}).requires_grad_(true);
  const auto gradient = torch::autograd::grad({compute::linear(x, weight, bias).sum()}, {weight});
  EXPECT_LE(relative_error(gradient[0], x.to(torch::kFloat64).sum(0).expand({8, 32})), 1e-5);
}

TEST(LinearGradient, SameBitsForAnyNumberOfThreads) {
  torch::manual_seed(7);
  const Tensors values = {torch::randn({300, 64}), torch::randn({100, 64}), torch::randn({100})};
  const torch::Tensor weights = torch::randn({300, 100});
  const auto layer = [](const Tensors& x) { return compute::linear(x[0], x[1], x[2]); };
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const Tensors one = gradients_of(layer, values, weights, torch::kFloat32);
  at::set_num_threads(2);
  const Tensors two = gradients_of(layer, values, weights, torch::kFloat32);
  at::set_num_threads(threads);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_TRUE(torch::equal(one[i], two[i])) << i;
}

TEST(LinearGradient, EveryInstructionSetGivesTheSame) {
  torch::manual_seed(8);
  for (const VectorIsa isa : usable_isas()) {
    for (const auto& [rows, outputs, inputs] :
         {std::array<std::int64_t, 3>{200, 13, 48}, {1, 5, 16}, {96, 64, 112}, {7, 130, 64}}) {
      const torch::Tensor x = torch::randn({rows, inputs}), dy = torch::randn({rows, outputs});
      const torch::Tensor dw = torch::full({outputs, inputs}, NAN);
      const LinearWeightGradient gradient{
          rows, outputs, inputs, x.data_ptr<float>(), dy.data_ptr<float>(), dw.data_ptr<float>()};
      linear_weight_gradient(isa, gradient, 0, outputs / 2);
      linear_weight_gradient(isa, gradient, outputs / 2, outputs);
      EXPECT_LE(
          relative_error(dw, torch::matmul(dy.to(torch::kFloat64).t(), x.to(torch::kFloat64))),
          2e-6)
          << isa_name(isa) << " " << rows << " " << outputs << " " << inputs;
    }
  }
}

TEST(GegluGradient, EqualsDoublePrecision) {
  torch::manual_seed(8);
  for (const std::int64_t width : {1, 4, 31, 128}) {
    expect_equal_gradients([](const Tensors& in) { return geglu(in[0]); },
                           [&](const Tensors& in) {
                             return in[0].slice(2, 0, width) *
                                    torch::gelu(in[0].slice(2, width, 2 * width));
                           },
                           {torch::randn({2, 7, 2 * width}) * 3}, 2e-6, fmt::format("{}", width));
  }
}

TEST(GegluGradient, SlopeOfTheGateIsAccurateOverItsWholeRange) {
  for (const VectorIsa isa : usable_isas()) {
    for (int i = -1400; i <= 1400; ++i) {
      const float gate = 0.01F * static_cast<float>(i);
      std::vector<float> x(34, 1.0F), dy(17, 1.0F), dx(34);
      for (std::size_t k = 17; k < 34; ++k) x[k] = gate;
      geglu_gradient(isa, x.data(), dy.data(), dx.data(), 1, 17);
      const double g = static_cast<double>(gate);
      const double share = 0.5 * std::erfc(-g / std::sqrt(2.0));
      const double slope = share + g * std::exp(-0.5 * g * g) / std::sqrt(2.0 * M_PI);
      for (const std::size_t k : {0U, 16U}) {
        ASSERT_NEAR(static_cast<double>(dx[k]), g * share, 2e-7 * (1 + std::fabs(g)));
        ASSERT_NEAR(static_cast<double>(dx[17 + k]), slope, 1e-6) << isa_name(isa) << " " << gate;
      }
    }
  }
}

TEST(QuickGeluGradient, EqualsDoublePrecision) {
  expect_equal_gradients([](const Tensors& in) { return quick_gelu(in[0]); },
                         [](const Tensors& in) { return in[0] * torch::sigmoid(1.702 * in[0]); },
                         {torch::linspace(-90, 90, 20'011)}, 2e-6, "quick gelu");
}

}  // namespace
}  // namespace ersatz::compute
