// Speed of what Stable Diffusion is made of, at the shapes of SD 1.5.
//
//   GFLOP/s          arithmetic of the operation as written, 2 per multiply-add
//   percent_of_peak  of the rate the processor reaches in registers, measured at the start
//   libtorch         the same operation by libtorch alone
//
// Run it on a quiet machine (`make bench-sd`).
#include <benchmark/benchmark.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "compute/attention.h"
#include "compute/conv2d.h"
#include "compute/fused_layers.h"
#include "compute/linear.h"
#include "compute/numerics.h"
#include "compute/threads.h"
#include "core/blas.h"
#include "machine_peak.h"

namespace {

namespace compute = ersatz::compute;

void report(benchmark::State& state, double operations) {
  using benchmark::Counter;
  const double total = operations * static_cast<double>(state.iterations());
  state.counters["GFLOP/s"] = Counter(total / 1e9, Counter::kIsRate);
  state.counters["percent_of_peak"] = Counter(100 * total / machine_peak(), Counter::kIsRate);
}

torch::Tensor channels_last(const torch::Tensor& x) {
  return x.contiguous(torch::MemoryFormat::ChannelsLast);
}

// Its time is that of 1 GFLOP at the rate, not what measuring took: times are what is compared.
void peak_rate(benchmark::State& state) {
  double rate = 0;
  for (auto _ : state) {
    rate = measure_machine_peak();
    state.SetIterationTime(1e9 / rate);
  }
  state.counters["GFLOP/s"] = rate / 1e9;
  state.SetLabel("1 GFLOP in registers, " + compute::numerics_description("cpu"));
}
BENCHMARK(peak_rate)->Iterations(1)->Unit(benchmark::kMillisecond)->UseManualTime();

// batch, queries, keys, heads, width of a head
void attention(benchmark::State& state) {
  const torch::NoGradGuard no_grad;
  const std::int64_t b = state.range(0), n = state.range(1), m = state.range(2);
  const std::int64_t heads = state.range(3), d = state.range(4);
  const torch::Tensor q = torch::randn({b, n, heads * d}), k = torch::randn({b, m, heads * d});
  const torch::Tensor v = torch::randn({b, m, heads * d});
  for (auto _ : state) {
    benchmark::DoNotOptimize(compute::attention(q, k, v, heads, 0.15).data_ptr());
  }
  report(state, 4.0 * static_cast<double>(b * heads * n * m * d));
}
BENCHMARK(attention)
    ->Args({2, 4096, 4096, 8, 40})
    ->Args({2, 1024, 1024, 8, 80})
    ->Args({2, 256, 256, 8, 160})
    ->Args({2, 64, 64, 8, 160})
    ->Args({2, 4096, 4096, 5, 64})
    ->Args({2, 4096, 77, 8, 40})
    ->Args({2, 1024, 77, 8, 80})
    ->Args({1, 4096, 4096, 1, 512})
    ->Args({2, 77, 77, 12, 64})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

// batch, inputs, outputs, side, kernel, libtorch
void convolution(benchmark::State& state) {
  const torch::NoGradGuard no_grad;
  const std::int64_t b = state.range(0), in = state.range(1), out = state.range(2);
  const std::int64_t side = state.range(3), kernel = state.range(4);
  const torch::Tensor x = channels_last(torch::randn({b, in, side, side}));
  torch::Tensor weight = torch::randn({out, in, kernel, kernel});
  const torch::Tensor bias = torch::randn({out});
  if (state.range(5) != 0) {
    weight = channels_last(weight);
    for (auto _ : state) {
      benchmark::DoNotOptimize(torch::conv2d(x, weight, bias, 1, kernel / 2).data_ptr());
    }
    state.SetLabel("libtorch");
  } else {
    for (auto _ : state) {
      benchmark::DoNotOptimize(
          compute::conv2d(x, weight, bias, {1, kernel / 2, 0, false}).data_ptr());
    }
  }
  report(state, 2.0 * static_cast<double>(b * side * side * in * out * kernel * kernel));
}
void convolutions(benchmark::internal::Benchmark* benchmark) {
  for (const std::int64_t libtorch : {0, 1}) {
    for (const std::int64_t batch : {1, 2}) {
      benchmark->Args({batch, 320, 320, 64, 3, libtorch})
          ->Args({batch, 640, 640, 32, 3, libtorch})
          ->Args({batch, 1280, 1280, 16, 3, libtorch})
          ->Args({batch, 2560, 1280, 8, 3, libtorch})
          ->Args({batch, 1280, 1280, 8, 3, libtorch});
    }
    benchmark->Args({2, 4, 320, 64, 3, libtorch})
        ->Args({2, 320, 4, 64, 3, libtorch})
        ->Args({2, 320, 320, 64, 1, libtorch})
        ->Args({1, 512, 512, 64, 3, libtorch})
        ->Args({1, 512, 512, 128, 3, libtorch})
        ->Args({1, 256, 256, 256, 3, libtorch})
        ->Args({1, 128, 128, 512, 3, libtorch});
  }
}
BENCHMARK(convolution)->Apply(convolutions)->Unit(benchmark::kMillisecond)->UseRealTime();

// rows, inputs, outputs, libtorch
void linear(benchmark::State& state) {
  const torch::NoGradGuard no_grad;
  const std::int64_t rows = state.range(0), in = state.range(1), out = state.range(2);
  const torch::Tensor x = torch::randn({1, rows, in}), weight = torch::randn({out, in});
  const torch::Tensor bias = torch::randn({out});
  if (state.range(3) != 0) {
    for (auto _ : state) benchmark::DoNotOptimize(torch::linear(x, weight, bias).data_ptr());
    state.SetLabel("libtorch");
  } else {
    for (auto _ : state) benchmark::DoNotOptimize(compute::linear(x, weight, bias).data_ptr());
  }
  report(state, 2.0 * static_cast<double>(rows * in * out));
}
void linears(benchmark::internal::Benchmark* benchmark) {
  for (const std::int64_t libtorch : {0, 1}) {
    benchmark->Args({8192, 320, 320, libtorch})
        ->Args({8192, 320, 2560, libtorch})
        ->Args({8192, 1280, 320, libtorch})
        ->Args({2048, 640, 5120, libtorch})
        ->Args({512, 1280, 10240, libtorch})
        ->Args({128, 1280, 1280, libtorch})
        ->Args({154, 768, 3072, libtorch})
        ->Args({2, 1280, 1280, libtorch});
  }
}
BENCHMARK(linear)->Apply(linears)->Unit(benchmark::kMillisecond)->UseRealTime();

// batch, channels, side, libtorch
void group_norm_silu(benchmark::State& state) {
  const torch::NoGradGuard no_grad;
  const std::int64_t channels = state.range(1), side = state.range(2);
  const torch::Tensor x = channels_last(torch::randn({state.range(0), channels, side, side}));
  const torch::Tensor weight = torch::randn({channels}), bias = torch::randn({channels});
  if (state.range(3) != 0) {
    for (auto _ : state) {
      benchmark::DoNotOptimize(
          torch::silu(torch::group_norm(x, 32, weight, bias, 1e-5)).data_ptr());
    }
    state.SetLabel("libtorch");
  } else {
    for (auto _ : state) {
      benchmark::DoNotOptimize(compute::group_norm(x, 32, weight, bias, 1e-5, true).data_ptr());
    }
  }
  // Read twice, written once.
  state.SetBytesProcessed(state.iterations() * x.numel() * 12);
}
BENCHMARK(group_norm_silu)
    ->ArgsProduct({{2}, {320}, {64}, {0, 1}})
    ->ArgsProduct({{2}, {1280}, {16}, {0, 1}})
    ->ArgsProduct({{1}, {128}, {512}, {0, 1}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void layer_norm(benchmark::State& state) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor x = torch::randn({2, 4096, 320}), weight = torch::randn({320});
  for (auto _ : state) {
    benchmark::DoNotOptimize(compute::layer_norm(x, weight, weight, 1e-5).data_ptr());
  }
  state.SetBytesProcessed(state.iterations() * x.numel() * 8);
}
BENCHMARK(layer_norm)->Unit(benchmark::kMillisecond)->UseRealTime();

void geglu(benchmark::State& state) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor x = torch::randn({2, 4096, 2560});
  for (auto _ : state) benchmark::DoNotOptimize(compute::geglu(x).data_ptr());
  state.SetBytesProcessed(state.iterations() * x.numel() * 6);
}
BENCHMARK(geglu)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

int main(int argc, char** argv) {
  ersatz::core::ensure_fast_blas(argv);
  compute::use_threads();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
