#include "compute/attention.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "compute/attention_kernel.h"
#include "compute/kernel_isas.h"

namespace ersatz::compute {
namespace {

struct Sizes {
  std::int64_t batch, heads, queries, keys, width, value_width;
};

torch::Tensor heads_first(const torch::Tensor& x, std::int64_t heads) {
  return x.to(torch::kFloat64)
      .view({x.size(0), x.size(1), heads, x.size(2) / heads})
      .transpose(1, 2);
}

// The definition, in double precision.
torch::Tensor reference(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                        std::int64_t heads, double scale, bool causal) {
  torch::Tensor scores =
      torch::matmul(heads_first(q, heads), heads_first(k, heads).transpose(2, 3)) * scale;
  if (causal) {
    const torch::Tensor later = torch::ones({q.size(1), k.size(1)}, torch::kBool).triu(1);
    scores = scores.masked_fill(later, -std::numeric_limits<double>::infinity());
  }
  const torch::Tensor out = torch::matmul(torch::softmax(scores, -1), heads_first(v, heads));
  return out.transpose(1, 2).reshape({q.size(0), q.size(1), v.size(2)});
}

// Largest difference in units of the largest value.
double relative_error(const torch::Tensor& actual, const torch::Tensor& expected) {
  return ((actual.to(torch::kFloat64) - expected).abs().max() / expected.abs().max())
      .item<double>();
}

struct Inputs {
  torch::Tensor q, k, v;
};

Inputs random_inputs(const Sizes& s, double spread = 1) {
  torch::manual_seed(7);
  return {torch::randn({s.batch, s.queries, s.heads * s.width}) * spread,
          torch::randn({s.batch, s.keys, s.heads * s.width}),
          torch::randn({s.batch, s.keys, s.heads * s.value_width})};
}

torch::Tensor run_kernel(VectorIsa isa, const Inputs& in, const Sizes& s, double scale,
                         bool causal) {
  torch::Tensor out = torch::full({s.batch, s.queries, s.heads * s.value_width}, -99.0);
  AttentionShape shape;
  shape.batch = s.batch;
  shape.heads = s.heads;
  shape.queries = s.queries;
  shape.keys = s.keys;
  shape.width = s.width;
  shape.value_width = s.value_width;
  shape.q_batch = in.q.stride(0);
  shape.q_row = in.q.stride(1);
  shape.k_batch = in.k.stride(0);
  shape.k_row = in.k.stride(1);
  shape.v_batch = in.v.stride(0);
  shape.v_row = in.v.stride(1);
  shape.out_batch = out.stride(0);
  shape.out_row = out.stride(1);
  shape.scale = static_cast<float>(scale);
  shape.causal = causal;
  const torch::Tensor scratch = torch::empty({attention_workspace(shape)});
  attention_forward(isa, shape, in.q.data_ptr<float>(), in.k.data_ptr<float>(),
                    in.v.data_ptr<float>(), out.data_ptr<float>(), 0, attention_tasks(shape),
                    scratch.data_ptr<float>());
  return out;
}

const Sizes kSizes[] = {
    {2, 3, 130, 130, 40, 40},  // whole blocks and a rest
    {1, 2, 256, 77, 40, 40},   // cross-attention
    {1, 2, 64, 64, 160, 160}, {1, 2, 49, 100, 80, 80},  {2, 2, 77, 77, 64, 64},
    {1, 4, 33, 47, 4, 4},     {1, 2, 16, 49, 8, 8},     {1, 2, 5, 1, 16, 16},
    {1, 1, 1, 200, 32, 32},   {1, 1, 70, 61, 512, 512}, {3, 1, 17, 95, 7, 13},
};

TEST(AttentionKernel, EqualsTheDefinitionWithEveryInstructionSet) {
  for (const VectorIsa isa : usable_isas()) {
    for (const Sizes& s : kSizes) {
      const Inputs in = random_inputs(s);
      const double scale = 1 / std::sqrt(static_cast<double>(s.width));
      const torch::Tensor expected = reference(in.q, in.k, in.v, s.heads, scale, false);
      EXPECT_LE(relative_error(run_kernel(isa, in, s, scale, false), expected), 2e-6)
          << isa_name(isa) << " N " << s.queries << " M " << s.keys << " D " << s.width;
    }
  }
}

TEST(AttentionKernel, CausalMaskWithEveryInstructionSet) {
  for (const VectorIsa isa : usable_isas()) {
    for (const std::int64_t length : {1, 3, 48, 64, 77, 150}) {
      const Sizes s{2, 2, length, length, 16, 16};
      const Inputs in = random_inputs(s);
      const torch::Tensor expected = reference(in.q, in.k, in.v, s.heads, 0.25, true);
      EXPECT_LE(relative_error(run_kernel(isa, in, s, 0.25, true), expected), 2e-6)
          << isa_name(isa) << " N " << length;
    }
  }
}

TEST(AttentionKernel, LargeScoresNeitherOverflowNorVanish) {
  const Sizes s{1, 2, 70, 300, 32, 32};
  const Inputs in = random_inputs(s, 100);  // scores of several thousand
  for (const VectorIsa isa : usable_isas()) {
    const torch::Tensor out = run_kernel(isa, in, s, 1, false);
    EXPECT_TRUE(out.isfinite().all().item<bool>()) << isa_name(isa);
    // Each row is close to one value row; rounding of scores near 5000 is 5e-4.
    EXPECT_LE(relative_error(out, reference(in.q, in.k, in.v, s.heads, 1, false)), 5e-3)
        << isa_name(isa);
  }
}

TEST(AttentionKernel, NanReachesExactlyTheRowsItBelongsTo) {
  const Sizes s{1, 2, 66, 90, 8, 8};
  for (const VectorIsa isa : usable_isas()) {
    Inputs in = random_inputs(s);
    in.q[0][65][3] = std::numeric_limits<float>::quiet_NaN();  // head 0
    torch::Tensor bad = run_kernel(isa, in, s, 0.3, false).isnan();
    EXPECT_EQ(bad.sum().item<std::int64_t>(), 8) << isa_name(isa);
    EXPECT_TRUE(bad[0][65].slice(0, 0, 8).all().item<bool>()) << isa_name(isa);

    in = random_inputs(s);
    in.k[0][50][8] = std::numeric_limits<float>::quiet_NaN();  // head 1
    bad = run_kernel(isa, in, s, 0.3, false).isnan();
    EXPECT_TRUE(bad.slice(2, 8, 16).all().item<bool>()) << isa_name(isa);
    EXPECT_FALSE(bad.slice(2, 0, 8).any().item<bool>()) << isa_name(isa);

    in = random_inputs(s);
    in.v[0][89][2] = std::numeric_limits<float>::infinity();
    EXPECT_EQ(
        run_kernel(isa, in, s, 0.3, false).isfinite().logical_not().sum().item<std::int64_t>(), 66)
        << isa_name(isa);
  }
}

TEST(Attention, WholeFunctionEqualsTheDefinition) {
  const torch::NoGradGuard no_grad;
  for (const Sizes& s : kSizes) {
    const Inputs in = random_inputs(s);
    const double scale = 1 / std::sqrt(static_cast<double>(s.width));
    EXPECT_LE(relative_error(attention(in.q, in.k, in.v, s.heads, scale),
                             reference(in.q, in.k, in.v, s.heads, scale, false)),
              2e-6);
  }
}

TEST(Attention, ReadsViewsInPlace) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(3);
  const torch::Tensor together = torch::randn({2, 70, 3 * 48});
  const std::vector<torch::Tensor> parts = together.chunk(3, 2);
  const torch::Tensor expected =
      reference(parts[0].contiguous(), parts[1].contiguous(), parts[2].contiguous(), 4, 0.3, false);
  EXPECT_LE(relative_error(attention(parts[0], parts[1], parts[2], 4, 0.3), expected), 2e-6);
  // Channels that are not neighbours are copied first.
  const torch::Tensor turned = torch::randn({2, 48, 70}).transpose(1, 2);
  const torch::Tensor dense = turned.contiguous();
  EXPECT_LE(relative_error(attention(turned, turned, turned, 4, 0.3),
                           reference(dense, dense, dense, 4, 0.3, false)),
            2e-6);
}

TEST(Attention, OverwritesQueriesThatAreHandedOver) {
  const torch::NoGradGuard no_grad;
  const Sizes s{2, 3, 150, 70, 8, 8};
  const Inputs in = random_inputs(s);
  const torch::Tensor expected = attention(in.q, in.k, in.v, 3, 0.3);
  torch::Tensor q = in.q.clone();
  const void* memory = q.data_ptr();
  const torch::Tensor out = attention(std::move(q), in.k, in.v, 3, 0.3);
  EXPECT_EQ(out.data_ptr(), memory);
  EXPECT_TRUE(torch::equal(out, expected));
  // Not what others hold, nor where the results are wider.
  const torch::Tensor held = in.q.clone();
  EXPECT_NE(attention(held, in.k, in.v, 3, 0.3).data_ptr(), held.data_ptr());
  EXPECT_TRUE(torch::equal(held, in.q));
  const torch::Tensor wide = torch::cat({in.v, in.v}, 2);
  EXPECT_EQ(attention(in.q.clone(), in.k, wide, 3, 0.3).size(2), 48);
}

TEST(Attention, SameBitsForAnyNumberOfThreads) {
  const torch::NoGradGuard no_grad;
  const Sizes s{2, 3, 200, 200, 20, 20};
  const Inputs in = random_inputs(s);
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const torch::Tensor one = attention(in.q, in.k, in.v, s.heads, 0.2);
  at::set_num_threads(2);
  const torch::Tensor two = attention(in.q, in.k, in.v, s.heads, 0.2);
  at::set_num_threads(threads);
  EXPECT_TRUE(torch::equal(one, two));
}

TEST(Attention, GradientsEqualThoseOfTheDefinition) {
  for (const bool causal : {false, true}) {
    const Sizes s{1, 2, 20, 20, 8, 8};
    const Inputs in = random_inputs(s);
    const torch::Tensor weights = torch::randn({1, 20, 16});
    std::vector<torch::Tensor> inputs = {in.q, in.k, in.v};
    for (torch::Tensor& x : inputs) x.requires_grad_(true);
    const torch::Tensor loss =
        (attention(inputs[0], inputs[1], inputs[2], s.heads, 0.3, causal) * weights).sum();
    const auto gradients = torch::autograd::grad({loss}, inputs);
    const torch::Tensor true_loss =
        (reference(inputs[0], inputs[1], inputs[2], s.heads, 0.3, causal) * weights).sum();
    const auto expected = torch::autograd::grad({true_loss}, inputs);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_LE(relative_error(gradients[i], expected[i].to(torch::kFloat64)), 1e-5) << i;
    }
  }
}

TEST(Attention, OtherTypesAreLeftToLibtorch) {
  const torch::NoGradGuard no_grad;
  const Sizes s{1, 2, 20, 30, 8, 8};
  const Inputs in = random_inputs(s);
  const torch::Tensor out = attention(in.q.to(torch::kFloat64), in.k.to(torch::kFloat64),
                                      in.v.to(torch::kFloat64), s.heads, 0.3);
  EXPECT_EQ(out.scalar_type(), torch::kFloat64);
  EXPECT_LE(relative_error(out, reference(in.q, in.k, in.v, s.heads, 0.3, false)), 1e-12);
  EXPECT_THROW(attention(in.q, in.k, in.v.to(torch::kFloat64), s.heads, 0.3), c10::Error);
  EXPECT_THROW(attention(in.q, in.k, in.v, 3, 0.3), c10::Error);
  EXPECT_THROW(attention(in.q, in.k, in.v, s.heads, 0.3, true), c10::Error);
}

// One head of width 1, scale ln 2, keys 0, 1, 2, 3: the query 1 weights them 1 : 2 : 4 : 8.
TEST(MaskedAttention, ByHand) {
  const auto column = [](std::vector<float> x) {
    return torch::tensor(x).view({1, static_cast<std::int64_t>(x.size()), 1});
  };
  const torch::Tensor q = column({1, 1, 1, 1}), k = column({0, 1, 2, 3});
  const torch::Tensor v = column({15, 30, 45, 60});
  const auto attend = [&](std::vector<int> seen, bool causal) {
    return masked_attention(q, k, v, 1, std::log(2.0),
                            torch::tensor(seen).to(torch::kBool).view({1, 4}), causal);
  };
  const auto expect = [](const torch::Tensor& out, std::vector<double> expected) {
    for (std::int64_t i = 0; i < 4; ++i) {
      EXPECT_NEAR(out[0][i][0].item<double>(), expected[static_cast<std::size_t>(i)], 1e-5) << i;
    }
  };
  // (15 + 60 + 180 + 480) / 15
  expect(attend({1, 1, 1, 1}, false), {49, 49, 49, 49});
  // Without the third: (15 + 60 + 480) / 11
  expect(attend({1, 1, 0, 1}, false), {555.0 / 11, 555.0 / 11, 555.0 / 11, 555.0 / 11});
  // The hidden one sees what lies before it.
  expect(attend({1, 1, 0, 1}, true), {15, 25, 25, 555.0 / 11});
  expect(attend({1, 0, 0, 0}, true), {15, 15, 15, 15});
}

TEST(MaskedAttention, WithAllKeysIsAttention) {
  const Sizes s{2, 3, 9, 9, 4, 5};
  const Inputs in = random_inputs(s);
  const torch::Tensor all = torch::ones({2, 9}, torch::kBool);
  for (const bool causal : {false, true}) {
    EXPECT_LT(relative_error(masked_attention(in.q, in.k, in.v, 3, 0.5, all, causal),
                             reference(in.q, in.k, in.v, 3, 0.5, causal)),
              1e-6);
  }
}

TEST(AttentionProbabilities, AreTheWeightsOfTheValues) {
  const torch::NoGradGuard no_grad;
  const Sizes s{2, 3, 50, 77, 16, 16};
  const Inputs in = random_inputs(s);
  const torch::Tensor probabilities = attention_probabilities(in.q, in.k, s.heads, 0.25);
  EXPECT_EQ(probabilities.sizes(), (std::vector<std::int64_t>{2, 3, 50, 77}));
  EXPECT_LE((probabilities.sum(-1) - 1).abs().max().item<double>(), 1e-6);
  const torch::Tensor out =
      torch::matmul(probabilities.to(torch::kFloat64), heads_first(in.v, s.heads))
          .transpose(1, 2)
          .reshape({2, 50, 48});
  EXPECT_LE(relative_error(attention(in.q, in.k, in.v, s.heads, 0.25), out), 2e-6);
}

}  // namespace
}  // namespace ersatz::compute
