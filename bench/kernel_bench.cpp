// The vector kernels alone, on one thread, at sizes that stay in the caches: how near the inner
// loops come to the arithmetic units' rate.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "compute/attention_kernel.h"
#include "compute/dense_kernel.h"
#include "peak.h"

namespace {

namespace compute = ersatz::compute;

std::vector<float> numbers(std::int64_t count) {
  std::vector<float> values(static_cast<std::size_t>(count) + 16);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(i * 7919 % 1013) / 1013 - 0.5F;
  }
  return values;
}

// First number of the vector on a cache line of its own.
float* aligned(std::vector<float>& values) {
  void* first = values.data();
  std::size_t space = values.size() * sizeof(float);
  return static_cast<float*>(std::align(64, 64, first, space));
}

void report(benchmark::State& state, double operations) {
  using benchmark::Counter;
  static const double peak = one_thread_peak();
  const double total = operations * static_cast<double>(state.iterations());
  state.counters["GFLOP/s"] = Counter(total / 1e9, Counter::kIsRate);
  state.counters["percent_of_peak"] = Counter(100 * total / peak, Counter::kIsRate);
}

// rows, taps, inputs, outputs: a convolution along one line.
void dense(benchmark::State& state) {
  const std::int64_t rows = state.range(0), taps = state.range(1);
  const std::int64_t inputs = state.range(2), outputs = state.range(3);
  std::vector<float> x = numbers((rows + taps) * inputs),
                     weights = numbers(outputs * inputs * taps);
  std::vector<float> out = numbers(rows * outputs);
  std::vector<float> scratch = numbers(compute::dense_workspace(inputs, taps));
  std::vector<const float*> sources;
  for (std::int64_t t = 0; t < taps; ++t) {
    for (std::int64_t r = 0; r < rows; ++r) sources.push_back(aligned(x) + (r + t) * inputs);
  }
  std::vector<float*> outs;
  for (std::int64_t r = 0; r < rows; ++r) outs.push_back(aligned(out) + r * outputs);
  compute::DenseBlock block;
  block.rows = rows;
  block.taps = taps;
  block.inputs = inputs;
  block.last_output = outputs;
  block.sources = sources.data();
  block.weights = {weights.data(), compute::WeightType::kFloat32, inputs * taps, taps, 1};
  block.out = outs.data();
  for (auto _ : state) compute::dense_forward(compute::vector_isa(), block, aligned(scratch));
  report(state, 2.0 * static_cast<double>(rows * taps * inputs * outputs));
}
BENCHMARK(dense)
    ->Args({768, 1, 144, 64})
    ->Args({768, 1, 320, 320})
    ->Args({768, 1, 1280, 320})
    ->Args({768, 9, 16, 64})
    ->Args({768, 9, 320, 320})
    ->Args({768, 9, 1280, 64})
    ->Args({64, 9, 1280, 64})
    ->Unit(benchmark::kMillisecond);

// queries, keys, width
void attention(benchmark::State& state) {
  compute::AttentionShape shape;
  shape.batch = shape.heads = 1;
  shape.queries = state.range(0);
  shape.keys = state.range(1);
  shape.width = shape.value_width = state.range(2);
  shape.q_row = shape.k_row = shape.v_row = shape.out_row = shape.width;
  shape.scale = 0.2F;
  std::vector<float> q = numbers(shape.queries * shape.width);
  std::vector<float> k = numbers(shape.keys * shape.width);
  std::vector<float> out = q, scratch = numbers(compute::attention_workspace(shape));
  for (auto _ : state) {
    compute::attention_forward(compute::vector_isa(), shape, q.data(), k.data(), k.data(),
                               out.data(), 0, compute::attention_tasks(shape), aligned(scratch));
  }
  report(state, 4.0 * static_cast<double>(shape.queries * shape.keys * shape.width));
}
BENCHMARK(attention)
    ->Args({64, 4096, 40})
    ->Args({64, 1024, 80})
    ->Args({64, 256, 160})
    ->Args({64, 4096, 64})
    ->Args({64, 77, 40})
    ->Args({64, 4096, 512})
    ->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
