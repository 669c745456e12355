// Training speed of the digit classifier beside what its parts cost.
//
//   images_per_second   one step: gather, forward, backward, Adam (batch 100), as in
//                       train/classifier_trainer.cpp
//   peak                share of the arithmetic rate that the fastest convolution measured here
//                       reaches
//
// bench/python/classifier_torch.py measures the same step in PyTorch. Run both on a quiet machine,
// with OPENBLAS_CORETYPE set as `ersatz doctor` advises.
#include <benchmark/benchmark.h>
#include <torch/autograd.h>
#include <torch/nn/functional/loss.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <chrono>

#include "compute/numerics.h"
#include "compute/threads.h"
#include "compute/torch_shim.h"
#include "core/blas.h"
#include "core/philox.h"
#include "models/digit_classifier.h"
#include "models/pool_relu.h"
#include "train/adam.h"
#include "train/epoch_sampler.h"
#include "train/image_set.h"

namespace {

namespace compute = ersatz::compute;
namespace core = ersatz::core;
namespace models = ersatz::models;
namespace train = ersatz::train;

constexpr std::int64_t kBatch = 100;

// Multiply-adds of one image's forward pass.
constexpr double kConv1 = 28.0 * 28 * 25 * 32, kConv2 = 14.0 * 14 * 25 * 32 * 64;
constexpr double kHidden = 3136.0 * 1024, kOutput = 1024.0 * 10;
// Two operations per multiply-add; the backward pass needs both gradients, except that the images
// need none.
constexpr double kFlopPerImage = 2 * (2 * kConv1 + 3 * (kConv2 + kHidden + kOutput));

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

torch::Tensor nhwc(const torch::Tensor& x) {
  return x.permute({0, 2, 3, 1}).contiguous().permute({0, 3, 1, 2});
}

// FLOP/s of the forward pass of the second convolution, the best of many.
double peak_rate() {
  static const double rate = [] {
    const torch::NoGradGuard no_grad;
    const torch::Tensor x = nhwc(torch::randn({kBatch, 32, 14, 14}));
    const torch::Tensor weight = nhwc(torch::randn({64, 32, 5, 5})), bias = torch::randn({64});
    double best = 1e9;
    for (int i = 0; i < 200; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      torch::conv2d(x, weight, bias, 1, 2);
      best = std::min(
          best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    }
    return 2 * kConv2 * kBatch / best;
  }();
  return rate;
}

void training_step(benchmark::State& state) {
  const train::ImageSet set(noise_images(5000), torch::kCPU, 10);
  models::DigitClassifier network({}, 1);
  network.train();
  std::vector<train::AdamParameter> parameters;
  compute::for_each_parameter(network, [&](const std::string& name, const torch::Tensor& tensor) {
    parameters.push_back({name, tensor, true});
  });
  train::Adam adam(std::move(parameters), {});
  train::EpochSampler sampler(set.size(), 1, "bench");
  std::int64_t step = 0;
  double best = 1e9;
  for (auto _ : state) {
    const auto begin = std::chrono::steady_clock::now();
    const auto batch = set.gather(sampler.batch(step, kBatch), 255.0, 0.0);
    const torch::Tensor loss = torch::nn::functional::cross_entropy(
        network.forward(batch.images, static_cast<std::uint64_t>(step)), batch.labels);
    loss.backward();
    benchmark::DoNotOptimize(loss.item<double>());
    adam.step(1e-4);
    ++step;
    best = std::min(
        best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  state.counters["images_per_second"] = benchmark::Counter(
      static_cast<double>(state.iterations() * kBatch), benchmark::Counter::kIsRate);
  state.counters["best_images_per_second"] = kBatch / best;
  state.counters["peak_GFLOP/s"] = peak_rate() / 1e9;
  state.counters["percent_of_peak"] = 100 * kFlopPerImage * kBatch / best / peak_rate();
  state.SetLabel(compute::numerics_description("cpu"));
}
BENCHMARK(training_step)->Unit(benchmark::kMillisecond)->UseRealTime()->MinTime(5);

void adam_update(benchmark::State& state) {
  torch::Tensor parameter = torch::randn({3136, 1024}), gradient = torch::randn({3136, 1024});
  train::Adam adam({{"weight", parameter, true}}, {});
  for (auto _ : state) {
    parameter.mutable_grad() = gradient;
    adam.step(1e-4);
  }
  // Read parameter, gradient, two moments; write all but the gradient.
  state.SetBytesProcessed(state.iterations() * parameter.numel() * 4 * 7);
}
BENCHMARK(adam_update)->Unit(benchmark::kMillisecond)->UseRealTime();

void pooling(benchmark::State& state) {
  const bool fused = state.range(0) != 0;
  const torch::Tensor x = nhwc(torch::randn({kBatch, 32, 28, 28})).set_requires_grad(true);
  const torch::Tensor gradient = nhwc(torch::randn({kBatch, 32, 14, 14}));
  for (auto _ : state) {
    const torch::Tensor y = fused ? models::pool_relu(x) : torch::max_pool2d(torch::relu(x), 2);
    y.backward(gradient);
    x.mutable_grad() = torch::Tensor();
  }
  state.SetLabel(fused ? "fused" : "libtorch");
}
BENCHMARK(pooling)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

int main(int argc, char** argv) {
  core::ensure_fast_blas(argv);
  compute::use_threads();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
