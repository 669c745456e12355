#include "compute/attention.h"

#include <torch/autograd.h>
#include <torch/types.h>

#include <limits>
#include <utility>

#include "compute/attention_gradient_kernel.h"
#include "compute/attention_kernel.h"
#include "compute/gradients.h"
#include "compute/parallel.h"
#include "compute/tensor_memory.h"
#include "compute/torch_shim.h"

namespace ersatz::compute {

namespace {

constexpr std::int64_t kMaximumWidth = 512;

// [B, N, heads*D] -> [B, heads, N, D], a view.
torch::Tensor split_heads(const torch::Tensor& x, std::int64_t heads) {
  return x.unflatten(2, {heads, x.size(2) / heads}).transpose(1, 2);
}

torch::Tensor with_contiguous_rows(torch::Tensor x) {
  return x.stride(2) == 1 ? x : x.contiguous();
}

AttentionShape shape_of(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                        const torch::Tensor& out, std::int64_t heads, double scale, bool causal) {
  AttentionShape shape;
  shape.batch = q.size(0);
  shape.heads = heads;
  shape.queries = q.size(1);
  shape.keys = k.size(1);
  shape.width = q.size(2) / heads;
  shape.value_width = v.size(2) / heads;
  shape.q_batch = q.stride(0);
  shape.q_row = q.stride(1);
  shape.k_batch = k.stride(0);
  shape.k_row = k.stride(1);
  shape.v_batch = v.stride(0);
  shape.v_row = v.stride(1);
  shape.out_batch = out.stride(0);
  shape.out_row = out.stride(1);
  shape.scale = static_cast<float>(scale);
  shape.causal = causal;
  return shape;
}

// `log_sums`: undefined, or [B, heads, N] for attention_forward.
torch::Tensor blocked_attention(torch::Tensor query, const torch::Tensor& key,
                                const torch::Tensor& value, std::int64_t heads, double scale,
                                bool causal, const torch::Tensor& log_sums = {}) {
  const torch::Tensor q = with_contiguous_rows(std::move(query));
  const torch::Tensor k = with_contiguous_rows(key), v = with_contiguous_rows(value);
  // A task has read its queries when it writes its results, which are as many.
  const bool in_place = q.is_contiguous() && q.size(2) == v.size(2) && owned_alone(q);
  torch::Tensor out = in_place ? q : empty_result({q.size(0), q.size(1), v.size(2)});
  const AttentionShape shape = shape_of(q, k, v, out, heads, scale, causal);
  const float* from_q = q.data_ptr<float>();
  const float* from_k = k.data_ptr<float>();
  const float* from_v = v.data_ptr<float>();
  float* to = out.data_ptr<float>();
  float* sums = log_sums.defined() ? log_sums.data_ptr<float>() : nullptr;
  run_tasks(attention_tasks(shape), attention_workspace(shape),
            [&](std::int64_t task, float* scratch) {
              attention_forward(vector_isa(), shape, from_q, from_k, from_v, to, task, task + 1,
                                scratch, sums);
            });
  return out;
}

class BlockedAttention : public torch::autograd::Function<BlockedAttention> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& q,
                               const torch::Tensor& k, const torch::Tensor& v, std::int64_t heads,
                               double scale, bool causal) {
    const torch::Tensor log_sums = torch::empty({q.size(0), heads, q.size(1)}, q.options());
    const torch::Tensor out = blocked_attention(q, k, v, heads, scale, causal, log_sums);
    context->save_for_backward({q, k, v, out, log_sums});
    context->saved_data["heads"] = heads;
    context->saved_data["scale"] = scale;
    context->saved_data["causal"] = causal;
    return out;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    require_first_order("attention");
    const auto saved = context->get_saved_variables();
    const torch::Tensor q = with_contiguous_rows(saved[0]), k = with_contiguous_rows(saved[1]),
                        v = with_contiguous_rows(saved[2]), out = saved[3].contiguous(),
                        out_gradient = gradients[0].contiguous();
    const torch::Tensor dq = empty_result(q.sizes()), dk = empty_result(k.sizes()),
                        dv = empty_result(v.sizes());
    AttentionGradient gradient;
    gradient.shape =
        shape_of(q, k, v, out, context->saved_data["heads"].toInt(),
                 context->saved_data["scale"].toDouble(), context->saved_data["causal"].toBool());
    gradient.q = q.data_ptr<float>();
    gradient.k = k.data_ptr<float>();
    gradient.v = v.data_ptr<float>();
    gradient.out = out.data_ptr<float>();
    gradient.out_gradient = out_gradient.data_ptr<float>();
    gradient.log_sums = saved[4].data_ptr<float>();
    gradient.q_gradient = dq.data_ptr<float>();
    gradient.k_gradient = dk.data_ptr<float>();
    gradient.v_gradient = dv.data_ptr<float>();
    run_tasks(attention_gradient_tasks(gradient.shape),
              attention_gradient_workspace(gradient.shape), [&](std::int64_t task, float* scratch) {
                attention_backward(vector_isa(), gradient, task, task + 1, scratch);
              });
    return {dq, dk, dv, {}, {}, {}};
  }
};

bool same_type(const torch::Tensor& a, const torch::Tensor& b) {
  return a.device() == b.device() && a.scalar_type() == b.scalar_type();
}

}  // namespace

torch::Tensor attention(torch::Tensor q, const torch::Tensor& k, const torch::Tensor& v,
                        std::int64_t heads, double scale, bool causal) {
  TORCH_CHECK(q.dim() == 3 && k.dim() == 3 && v.dim() == 3 && heads >= 1 &&
                  q.size(0) == k.size(0) && q.size(0) == v.size(0) && k.size(1) == v.size(1) &&
                  q.size(2) == k.size(2) && q.size(2) % heads == 0 && v.size(2) % heads == 0 &&
                  k.size(1) >= 1 && (!causal || q.size(1) == k.size(1)),
              "attention of q ", q.sizes(), ", k ", k.sizes(), ", v ", v.sizes(), " with ", heads,
              " heads");
  TORCH_CHECK(same_type(q, k) && same_type(q, v), "attention of different types or devices");
  if (q.is_cpu() && q.scalar_type() == torch::kFloat32 && q.numel() > 0 &&
      q.size(2) / heads <= kMaximumWidth && v.size(2) / heads <= kMaximumWidth) {
    if (needs_gradient({q, k, v})) return BlockedAttention::apply(q, k, v, heads, scale, causal);
    return blocked_attention(std::move(q), k, v, heads, scale, causal);
  }
  const torch::Tensor out = scaled_dot_product(split_heads(q, heads), split_heads(k, heads),
                                               split_heads(v, heads), scale, causal);
  return out.transpose(1, 2).reshape({q.size(0), q.size(1), v.size(2)});
}

torch::Tensor masked_attention(const torch::Tensor& q, const torch::Tensor& k,
                               const torch::Tensor& v, std::int64_t heads, double scale,
                               const torch::Tensor& seen, bool causal) {
  TORCH_CHECK(seen.dim() == 2 && seen.size(0) == k.size(0) && seen.size(1) == k.size(1),
              "attention to k ", k.sizes(), " masked by ", seen.sizes());
  torch::Tensor hidden = seen.logical_not().to(q.device()).view({k.size(0), 1, 1, k.size(1)});
  if (causal) {
    hidden = hidden.logical_or(torch::ones({q.size(1), k.size(1)}, hidden.options()).triu(1));
  }
  const torch::Tensor scores =
      torch::matmul(split_heads(q, heads) * scale, split_heads(k, heads).transpose(2, 3));
  const torch::Tensor weights =
      torch::softmax(scores.masked_fill(hidden, -std::numeric_limits<double>::infinity()), -1);
  const torch::Tensor out = torch::matmul(weights, split_heads(v, heads));
  return out.transpose(1, 2).reshape({q.size(0), q.size(1), v.size(2)});
}

torch::Tensor attention_probabilities(const torch::Tensor& q, const torch::Tensor& k,
                                      std::int64_t heads, double scale) {
  const torch::Tensor scores =
      torch::matmul(split_heads(q, heads) * scale, split_heads(k, heads).transpose(2, 3));
  return torch::softmax(scores, -1);
}

}  // namespace ersatz::compute
