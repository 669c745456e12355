// ResNet-18 on photos of 224 px: training with everything that belongs to it, evaluation, and what
// the parts cost.
//
//   images_per_second    of training (batch 32): photos from the cache, augmentation, forward,
//                        backward, Adam
//   GFLOP/s              operations of the direct convolutions per second; Winograd's products need
//                        a quarter of them, so this may exceed what the processor can do
//   percent_of_peak      of the rate of the arithmetic units measured here (bench/machine_peak.h)
//
// Argument 1 of `convolution` and `batch_norm` is libtorch's own. bench/python/resnet18_torch.py
// measures the same training in PyTorch. Run both on a quiet machine.
#include <benchmark/benchmark.h>
#include <torch/autograd.h>
#include <torch/nn/functional/loss.h>
#include <torch/types.h>

#include <chrono>
#include <filesystem>

#include "compute/batch_norm.h"
#include "compute/numerics.h"
#include "compute/threads.h"
#include "compute/torch_shim.h"
#include "compute/winograd.h"
#include "core/blas.h"
#include "core/file_system.h"
#include "core/philox.h"
#include "data/images/png_codec.h"
#include "data/images/resize.h"
#include "data/photos/photo_set.h"
#include "data/prefetch.h"
#include "machine_peak.h"
#include "models/image_classifier.h"
#include "train/adam.h"
#include "train/epoch_batches.h"
#include "train/learning_rate.h"
#include "train/photo_batches.h"
#include "train/photo_evaluation.h"

namespace {

namespace compute = ersatz::compute;
namespace core = ersatz::core;
namespace data = ersatz::data;
namespace models = ersatz::models;
namespace train = ersatz::train;

constexpr std::int64_t kBatch = 32;
constexpr int kClasses = 5;

// Multiply-adds of one image's forward pass: 7x7 stem; 3x3 kernels of the four stages, each with 56
// * 56 * 64 * 64 * 9 for a kernel that keeps its size; the kernels that halve it; 1x1 shortcuts.
constexpr double kStem = 112.0 * 112 * 64 * 147;
constexpr double kKernel = 56.0 * 56 * 64 * 64 * 9;
constexpr double kForward = kStem + (4 + 3 * 3) * kKernel + 3 * kKernel / 2 + 3 * kKernel / 18;
// Two operations each; the backward pass needs both gradients, except that the photos need none.
constexpr double kFlopOfTraining = 2 * (3 * kForward - kStem);
constexpr double kFlopOfForward = 2 * kForward;

// Photo-like: smooth structure and noise.
data::RgbImage photo(std::int64_t i, int width, int height) {
  core::Stream random(1, "bench/photo", static_cast<std::uint64_t>(i));
  data::RgbImage small{16, 12, {}};
  for (int j = 0; j < 16 * 12 * 3; ++j) {
    small.pixels.push_back(static_cast<std::uint8_t>(random.below(256)));
  }
  data::RgbImage image = data::resize_bilinear(small, width, height);
  for (std::uint8_t& value : image.pixels) {
    const auto noise = static_cast<int>(random.next_u32() % 9) - 4;
    value = static_cast<std::uint8_t>(std::clamp(value + noise, 0, 255));
  }
  return image;
}

const data::PhotoSet& photos() {
  static const data::PhotoSet set = [] {
    std::vector<std::uint8_t> labels;
    for (int i = 0; i < 256; ++i) labels.push_back(static_cast<std::uint8_t>(i % kClasses));
    return data::prepare_photos({"a", "b", "c", "d", "e"}, labels,
                                [](std::int64_t i) { return photo(i, 320, 240); }, {});
  }();
  return set;
}

void report(benchmark::State& state, double flop_per_image, double seconds_per_image) {
  state.counters["images_per_second"] = 1 / seconds_per_image;
  state.counters["GFLOP/s"] = flop_per_image / seconds_per_image / 1e9;
  state.counters["percent_of_peak"] = 100 * flop_per_image / seconds_per_image / machine_peak();
  state.SetLabel(compute::numerics_description("cpu"));
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// The loop of train/photo_classifier_trainer.cpp without its files.
void training(benchmark::State& state) {
  models::ClassifierArchitecture architecture;
  architecture.classes = kClasses;
  const auto network = models::make_image_classifier(architecture, 1);
  network->train();
  std::vector<train::AdamParameter> parameters;
  compute::for_each_parameter(*network, [&](const std::string& name, const torch::Tensor& tensor) {
    parameters.push_back({name, tensor, true});
  });
  train::Adam adam(std::move(parameters), {});
  const data::PixelScaler scaler({});
  train::EpochBatches batches(static_cast<std::int64_t>(photos().size()), kBatch, 1, "bench");
  const train::OneCycle cycle;
  constexpr std::int64_t kSteps = 1 << 20;
  data::Prefetch<train::PhotoBatch> prefetch(0, kSteps, [&](std::int64_t step) {
    return train::augmented_batch(photos(), batches.batch(step), scaler, {}, 1,
                                  batches.epoch_of(step));
  });
  std::int64_t step = 0;
  double total = 0;
  for (auto _ : state) {
    const auto begin = std::chrono::steady_clock::now();
    const train::PhotoBatch batch = prefetch.next();
    const torch::Tensor loss =
        torch::nn::functional::cross_entropy(network->forward(batch.images), batch.labels);
    loss.backward();
    benchmark::DoNotOptimize(loss.item<double>());
    adam.step(cycle.rate(step, kSteps), cycle.momentum(step, kSteps));
    ++step;
    total += seconds_since(begin);
  }
  report(state, kFlopOfTraining, total / static_cast<double>(state.iterations() * kBatch));
}
BENCHMARK(training)->Unit(benchmark::kMillisecond)->UseRealTime()->MinTime(12);

// What a pass over a test set does: 256 photos.
void evaluation(benchmark::State& state) {
  models::ClassifierArchitecture architecture;
  architecture.classes = kClasses;
  const auto network = models::make_image_classifier(architecture, 1);
  double total = 0;
  for (auto _ : state) {
    const auto begin = std::chrono::steady_clock::now();
    benchmark::DoNotOptimize(train::evaluate_photos(*network, photos(), {}).loss);
    total += seconds_since(begin);
  }
  const auto images =
      static_cast<double>(state.iterations()) * static_cast<double>(photos().size());
  report(state, kFlopOfForward, total / images);
}
BENCHMARK(evaluation)->Unit(benchmark::kMillisecond)->UseRealTime()->MinTime(5);

void augmentation(benchmark::State& state) {
  const data::PixelScaler scaler({});
  std::int64_t epoch = 0;
  for (auto _ : state) {
    std::vector<std::int64_t> indices;
    for (std::int64_t i = 0; i < kBatch; ++i) indices.push_back(i);
    benchmark::DoNotOptimize(train::augmented_batch(photos(), indices, scaler, {}, 1, epoch++));
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK(augmentation)->Unit(benchmark::kMillisecond)->UseRealTime();

// Decoding and cutting to size on all threads, of PNG files as generators write them.
void loading(benchmark::State& state) {
  namespace fs = std::filesystem;
  const fs::path root = fs::temp_directory_path() / "ersatz-resnet-bench";
  fs::remove_all(root);
  data::ImageFolder folder{root, {"a"}, {}, {}, 0};
  for (int i = 0; i < 32; ++i) {
    const fs::path file = fs::path("a") / (std::to_string(i) + ".png");
    core::write_file_atomic(root / file, data::encode_png(photo(i, 640, 480)));
    folder.files.push_back(file);
    folder.labels.push_back(0);
  }
  for (auto _ : state) benchmark::DoNotOptimize(data::load_photos(folder, {}).images.pixels.data());
  state.SetItemsProcessed(state.iterations() * 32);
  fs::remove_all(root);
}
BENCHMARK(loading)->Unit(benchmark::kMillisecond)->UseRealTime();

torch::Tensor nhwc(const torch::Tensor& x) {
  return x.contiguous(torch::MemoryFormat::ChannelsLast);
}

// Stage 0..3 of the network: 3x3 kernels that keep the size. Argument 0: the stage; 1: libtorch's
// convolution instead of ours; 2: 0 forward, 1 gradient of the input, 2 of the weights.
void convolution(benchmark::State& state) {
  const std::int64_t stage = state.range(0), channels = 64 << stage, side = 56 >> stage;
  const torch::Tensor x = nhwc(torch::randn({kBatch, channels, side, side}));
  const torch::Tensor weight = nhwc(torch::randn({channels, channels, 3, 3}));
  const torch::Tensor dy = nhwc(torch::randn({kBatch, channels, side, side}));
  const std::int64_t pass = state.range(2);
  for (auto _ : state) {
    torch::Tensor in = x.detach(), w = weight.detach();
    if (pass == 1) in.set_requires_grad(true);
    if (pass == 2) w.set_requires_grad(true);
    const auto begin = std::chrono::steady_clock::now();
    const torch::Tensor y =
        state.range(1) != 0 ? torch::conv2d(in, w, {}, 1, 1) : compute::winograd_conv2d(in, w);
    const auto middle = std::chrono::steady_clock::now();
    if (pass != 0) y.backward(dy);
    state.SetIterationTime(pass == 0 ? std::chrono::duration<double>(middle - begin).count()
                                     : seconds_since(middle));
  }
  const double flop = 2 * kKernel * kBatch * static_cast<double>(state.iterations());
  state.counters["GFLOP/s"] = benchmark::Counter(flop / 1e9, benchmark::Counter::kIsRate);
  state.SetLabel(state.range(1) != 0 ? "libtorch" : "");
}
BENCHMARK(convolution)
    ->ArgsProduct({{0, 1, 2, 3}, {0, 1}, {0, 1, 2}})
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();

// Normalisation, residual and ReLU of the first stage, forward and backward.
void batch_norm(benchmark::State& state) {
  const torch::Tensor x = nhwc(torch::randn({kBatch, 64, 56, 56})).set_requires_grad(true);
  const torch::Tensor residual = nhwc(torch::randn({kBatch, 64, 56, 56})).set_requires_grad(true);
  const torch::Tensor dy = nhwc(torch::randn({kBatch, 64, 56, 56}));
  compute::BatchNorm norm{torch::ones({64}).set_requires_grad(true),
                          torch::zeros({64}).set_requires_grad(true), torch::zeros({64}),
                          torch::ones({64})};
  for (auto _ : state) {
    const torch::Tensor y =
        state.range(0) != 0
            ? torch::relu(torch::batch_norm(x, norm.weight, norm.bias, norm.running_mean,
                                            norm.running_var, true, 0.1, 1e-5, false) +
                          residual)
            : compute::batch_norm(x, norm, true, true, residual);
    y.backward(dy);
    for (const torch::Tensor& leaf : {x, residual, norm.weight, norm.bias}) {
      leaf.mutable_grad() = torch::Tensor();
    }
  }
  state.SetLabel(state.range(0) != 0 ? "libtorch" : "");
}
BENCHMARK(batch_norm)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

int main(int argc, char** argv) {
  core::ensure_fast_blas(argv);
  compute::use_threads();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
