// Training speed of the conditional GAN beside what its layers cost.
//
//   images_per_second   of the article's step: half a batch of 64 real, half generated, then 64
//                       through both networks; with its random numbers, Adam and losses
//   GFLOP/s             operations of the convolutions and fully connected layers per second
//   percent_of_peak     of the rate of the arithmetic units measured here (bench/machine_peak.h)
//
// bench/python/conditional_gan_torch.py measures
// the same step in PyTorch. Run both on a quiet machine.
#include <benchmark/benchmark.h>
#include <torch/autograd.h>
#include <torch/types.h>

#include <chrono>

#include "compute/direct_conv.h"
#include "compute/numerics.h"
#include "compute/single_output_conv.h"
#include "compute/threads.h"
#include "core/blas.h"
#include "core/philox.h"
#include "machine_peak.h"
#include "train/conditional_gan_step.h"
#include "train/image_set.h"

namespace {

namespace compute = ersatz::compute;
namespace core = ersatz::core;
namespace train = ersatz::train;

constexpr std::int64_t kBatch = 64;

// Multiply-adds of one picture's forward pass.
constexpr double kUp1 = 14.0 * 14 * 4 * 129 * 128, kUp2 = 28.0 * 28 * 4 * 128 * 128;
constexpr double kOutput = 28.0 * 28 * 49 * 128, kNoise = 100.0 * 6272;
constexpr double kGenerator = kUp1 + kUp2 + kOutput + kNoise;
constexpr double kDown1 = 14.0 * 14 * 9 * 2 * 128, kDown2 = 7.0 * 7 * 9 * 128 * 128;
constexpr double kDiscriminator = kDown1 + kDown2 + 50.0 * 784 + 6272;
// Two operations each: half a batch through the generator, a batch through the discriminator forth
// and back with weights, a batch through both forth and back, the discriminator without weights.
constexpr double kFlopOfStep =
    2 * kBatch *
    (0.5 * kGenerator + 3 * kDiscriminator - kDown1 + 3 * kGenerator + 2 * kDiscriminator);

ersatz::data::LabelledImages noise_images(std::size_t count) {
  ersatz::data::LabelledImages images;
  images.height = images.width = 28;
  core::Stream stream(1, "bench");
  for (std::size_t i = 0; i < count * 784; ++i) {
    images.pixels.push_back(static_cast<std::uint8_t>(stream.below(256)));
  }
  for (std::size_t i = 0; i < count; ++i) {
    images.labels.push_back(static_cast<std::uint8_t>(stream.below(10)));
  }
  return images;
}

void training_step(benchmark::State& state) {
  const train::ImageSet set(noise_images(3068), torch::kCPU, 10);
  train::ConditionalGanStep networks({}, 1, torch::kCPU);
  std::int64_t step = 0;
  double best = 1e9;
  for (auto _ : state) {
    const auto begin = std::chrono::steady_clock::now();
    core::Stream random(1, "bench/real", static_cast<std::uint64_t>(step));
    std::vector<std::int64_t> indices;
    for (std::int64_t i = 0; i < kBatch / 2; ++i) {
      indices.push_back(static_cast<std::int64_t>(random.below(3068)));
    }
    const train::ConditionalGanLosses losses =
        networks.update(set.gather(indices, 127.5, -1.0), step);
    benchmark::DoNotOptimize(losses.generator.item<double>());
    ++step;
    best = std::min(
        best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  state.counters["images_per_second"] = benchmark::Counter(
      static_cast<double>(state.iterations() * kBatch), benchmark::Counter::kIsRate);
  state.counters["best_images_per_second"] = kBatch / best;
  state.counters["GFLOP/s"] = kFlopOfStep / best / 1e9;
  state.counters["percent_of_peak"] = 100 * kFlopOfStep / best / machine_peak();
  state.SetLabel(compute::numerics_description("cpu"));
}
BENCHMARK(training_step)->Unit(benchmark::kMillisecond)->UseRealTime()->MinTime(5);

// A pass of a layer of the generator, which `forward` computes from x and the weight. Argument 0: 1
// libtorch's; 1: 0 forward, 1 gradient of the input, 2 of the weights.
template <typename Forward>
void measure_layer(benchmark::State& state, const std::vector<std::int64_t>& shape,
                   const torch::Tensor& weight, double multiply_adds, Forward forward) {
  const torch::Tensor x = torch::randn(shape).contiguous(torch::MemoryFormat::ChannelsLast);
  const std::int64_t pass = state.range(1);
  torch::Tensor dy;
  double best = 1e9;
  for (auto _ : state) {
    torch::Tensor in = x.detach(), w = weight.detach();
    if (pass == 1) in.set_requires_grad(true);
    if (pass == 2) w.set_requires_grad(true);
    const auto begin = std::chrono::steady_clock::now();
    const torch::Tensor y = forward(in, w);
    const auto middle = std::chrono::steady_clock::now();
    if (!dy.defined()) dy = torch::randn_like(y.detach());
    const auto ready = std::chrono::steady_clock::now();
    if (pass != 0) y.backward(dy);
    const auto end = std::chrono::steady_clock::now();
    const double seconds =
        std::chrono::duration<double>(pass == 0 ? middle - begin : end - ready).count();
    state.SetIterationTime(seconds);
    best = std::min(best, seconds);
  }
  state.counters["GFLOP/s"] = 2 * multiply_adds * kBatch / best / 1e9;
  state.SetLabel(state.range(0) != 0 ? "libtorch" : "");
}

torch::Tensor channels_last(const std::vector<std::int64_t>& shape) {
  return torch::randn(shape).contiguous(torch::MemoryFormat::ChannelsLast);
}

void transposed_convolution(benchmark::State& state) {
  measure_layer(state, {kBatch, 128, 14, 14}, channels_last({128, 128, 4, 4}), kUp2,
                [&](const torch::Tensor& x, const torch::Tensor& weight) {
                  return state.range(0) != 0
                             ? torch::conv_transpose2d(x, weight, {}, 2, 1)
                             : compute::direct_conv_transpose2d(x, weight, {}, 2, 1);
                });
}
BENCHMARK(transposed_convolution)
    ->ArgsProduct({{0, 1}, {0, 1, 2}})
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();

void last_convolution(benchmark::State& state) {
  measure_layer(state, {kBatch, 128, 28, 28}, channels_last({1, 128, 7, 7}), kOutput,
                [&](const torch::Tensor& x, const torch::Tensor& weight) {
                  return state.range(0) != 0 ? torch::conv2d(x, weight, {}, 1, 3)
                                             : compute::single_output_conv2d(x, weight, {}, 3);
                });
}
BENCHMARK(last_convolution)
    ->ArgsProduct({{0, 1}, {0, 1, 2}})
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();

}  // namespace

int main(int argc, char** argv) {
  core::ensure_fast_blas(argv);
  compute::use_threads();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
