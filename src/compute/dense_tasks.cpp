#include "compute/dense_tasks.h"

#include <ATen/Parallel.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

#include "compute/fused_kernel.h"
#include "compute/parallel.h"
#include "compute/pixel_rows.h"

namespace ersatz::compute {

namespace {

// Rows of one task: their inputs and results stay in a second-level cache of 1 MB.
constexpr std::int64_t kRowsOfTask = 768;
constexpr std::int64_t kOutputsOfTask = 320;
// Enough tasks that a thread which is held up does not hold up the others.
constexpr std::int64_t kTasksPerThread = 8;

struct Division {
  std::int64_t row_parts = 1, output_parts = 1;
};

Division divide(std::int64_t rows, std::int64_t outputs) {
  const std::int64_t wanted = kTasksPerThread * at::get_num_threads();
  std::int64_t rows_of_task = kRowsOfTask, outputs_of_task = kOutputsOfTask;
  const auto division = [&] {
    return Division{parts_of(rows, rows_of_task), parts_of(outputs, outputs_of_task)};
  };
  const auto too_few = [&] {
    const Division d = division();
    return d.row_parts * d.output_parts < wanted;
  };
  // Dividing outputs first: dividing rows brings the same weights into order more than once.
  while (too_few() && outputs_of_task > kDenseOutputs) outputs_of_task -= kDenseOutputs;
  while (too_few() && rows_of_task > 48) rows_of_task /= 2;
  return division();
}

WeightType weight_type(const torch::Tensor& weight) {
  switch (weight.scalar_type()) {
    case torch::kFloat16:
      return WeightType::kFloat16;
    case torch::kBFloat16:
      return WeightType::kBfloat16;
    default:
      return WeightType::kFloat32;
  }
}

// Bounds of a part, at multiples of `unit`.
std::int64_t part_begin(std::int64_t total, std::int64_t part, std::int64_t count,
                        std::int64_t unit) {
  const std::int64_t units = parts_of(total, unit);
  return std::min(total, units * part / count * unit);
}

// Scratch memory of one task, in this order; tables of pointers take two floats an entry.
struct Layout {
  std::int64_t packed, gates, table;  // floats
  std::int64_t total() const { return packed + gates + table; }
};

Layout layout_of(const DenseProblem& problem, std::int64_t rows) {
  Layout layout{};
  layout.packed = dense_workspace(problem.inputs, problem.taps);
  layout.gates = problem.geglu ? rows * 2 * kDenseOutputs : 0;
  layout.table = 2 * (problem.taps + 4) * rows;
  return layout;
}

// One task: outputs [begin, end) of rows [first, first + count).
class Task {
 public:
  Task(const DenseProblem& problem, const DenseWeights& weights, const Layout& layout,
       std::int64_t first, std::int64_t count, float* scratch)
      : problem_(problem), scratch_(scratch), gates_(scratch + layout.packed), count_(count) {
    const auto table = static_cast<const float**>(static_cast<void*>(gates_ + layout.gates));
    bias_ = table + problem.taps * count;
    residual_ = bias_ + count;
    out_ = static_cast<float**>(static_cast<void*>(residual_ + count));
    numbers_ = static_cast<std::int64_t*>(static_cast<void*>(out_ + count));
    problem.locate(first, count, {table, numbers_});
    block_.rows = count;
    block_.taps = problem.taps;
    block_.inputs = problem.inputs;
    block_.sources = table;
    block_.weights = weights;
    block_.out = out_;
    if (problem.bias != nullptr) {
      for (std::int64_t r = 0; r < count; ++r) {
        bias_[r] = problem.bias + numbers_[r] / problem.bias_rows * problem.outputs;
      }
      block_.bias = bias_;
    }
  }

  void plain(std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = 0; r < count_; ++r) {
      out_[r] = problem_.out + numbers_[r] * problem_.outputs + begin;
    }
    if (problem_.residual != nullptr) {
      for (std::int64_t r = 0; r < count_; ++r) {
        residual_[r] = problem_.residual + numbers_[r] * problem_.outputs + begin;
      }
      block_.residual = residual_;
    }
    forward(begin, end);
    if (!problem_.silu) return;
    // While they are in the cache.
    for (std::int64_t r = 0; r < count_; ++r) {
      sigmoid_product(vector_isa(), out_[r], out_[r], end - begin, 1.0F);
    }
  }

  // Values and gates beside each other in scratch memory, panel by panel.
  void geglu(std::int64_t begin, std::int64_t end) {
    const std::int64_t half = problem_.outputs / 2;
    for (std::int64_t at = begin; at < end; at += kDenseOutputs) {
      const std::int64_t width = std::min(kDenseOutputs, end - at);
      for (std::int64_t r = 0; r < count_; ++r) out_[r] = gates_ + r * 2 * width;
      forward(at, at + width);
      for (std::int64_t r = 0; r < count_; ++r) out_[r] += width;
      forward(half + at, half + at + width);
      for (std::int64_t r = 0; r < count_; ++r) {
        geglu_rows(vector_isa(), gates_ + r * 2 * width, problem_.out + numbers_[r] * half + at, 1,
                   width);
      }
    }
  }

 private:
  void forward(std::int64_t begin, std::int64_t end) {
    block_.first_output = begin;
    block_.last_output = end;
    dense_forward(vector_isa(), block_, scratch_);
  }

  const DenseProblem& problem_;
  float* scratch_;
  float* gates_;
  std::int64_t count_;
  const float** bias_;
  const float** residual_;
  float** out_;
  std::int64_t* numbers_;
  DenseBlock block_;
};

}  // namespace

bool dense_weight_type(const torch::Tensor& weight) {
  return weight.is_cpu() &&
         (weight.scalar_type() == torch::kFloat32 || weight.scalar_type() == torch::kFloat16 ||
          weight.scalar_type() == torch::kBFloat16);
}

void run_dense(const DenseProblem& problem) {
  const std::int64_t columns = problem.geglu ? problem.outputs / 2 : problem.outputs;
  const Division division = divide(problem.rows, columns);
  const Layout layout = layout_of(problem, parts_of(problem.rows, division.row_parts));
  const DenseWeights weights{problem.weight.data_ptr(), weight_type(problem.weight),
                             problem.output_stride, problem.input_stride, problem.tap_stride};
  // Neighbouring tasks share their weights.
  run_tasks(division.row_parts * division.output_parts, layout.total(),
            [&](std::int64_t i, float* scratch) {
              const std::int64_t row_part = i % division.row_parts;
              const std::int64_t output_part = i / division.row_parts;
              const auto row = [&](std::int64_t part) {
                return part_begin(problem.rows, part, division.row_parts, 1);
              };
              const auto output = [&](std::int64_t part) {
                return part_begin(columns, part, division.output_parts, kDenseOutputs);
              };
              Task task(problem, weights, layout, row(row_part), row(row_part + 1) - row(row_part),
                        scratch);
              if (problem.geglu) {
                task.geglu(output(output_part), output(output_part + 1));
              } else {
                task.plain(output(output_part), output(output_part + 1));
              }
            });
}

}  // namespace ersatz::compute
