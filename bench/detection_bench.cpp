// YOLOv8 on the CPU: pictures per second with random weights, and what its kinds of layers cost.
//
//   images_per_second    of the network with decoding, without letterbox and selection; one picture
//                        at a time
//   GFLOP/s              two per multiply-add of the convolutions as they are defined; Winograd's
//                        products need a quarter of them
//   percent_of_peak      of the rate of the arithmetic units measured here (bench/machine_peak.h)
//
// Published for an Intel processor by ONNX Runtime at 640 px (Ultralytics' README): n 80.4 ms, s
// 128.4, n-seg 96.1. Run it on a quiet machine.
#include <benchmark/benchmark.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "compute/conv2d.h"
#include "compute/direct_conv.h"
#include "compute/numerics.h"
#include "compute/threads.h"
#include "compute/winograd.h"
#include "core/blas.h"
#include "machine_peak.h"
#include "models/detection/letterbox.h"
#include "models/detection/object_finder.h"
#include "models/detection/select.h"
#include "models/detection/yolov8.h"

namespace {

namespace compute = ersatz::compute;
namespace models = ersatz::models;

void report(benchmark::State& state, double multiply_adds) {
  using benchmark::Counter;
  const auto n = static_cast<double>(state.iterations());
  state.counters["images_per_second"] = Counter(n, Counter::kIsRate);
  state.counters["GFLOP/s"] = Counter(2e-9 * multiply_adds * n, Counter::kIsRate);
  state.counters["percent_of_peak"] =
      Counter(200 * multiply_adds / machine_peak() * n, Counter::kIsRate);
  state.SetLabel(compute::numerics_description("cpu"));
}

void predict(benchmark::State& state, char scale, bool masks) {
  models::Yolov8Config config;
  config.scale = scale;
  config.masks = masks;
  config.folded = true;
  models::Yolov8 network(config);
  models::initialise_yolov8(network, 1);
  const std::int64_t size = state.range(0);
  const torch::Tensor image =
      torch::rand({1, 3, size, size}).contiguous(torch::MemoryFormat::ChannelsLast);
  network.predict(image);
  for (auto _ : state) benchmark::DoNotOptimize(network.predict(image).boxes.data_ptr());
  report(state, models::yolov8_multiply_adds(config, size, size));
}
void yolov8n(benchmark::State& state) { predict(state, 'n', false); }
void yolov8n_seg(benchmark::State& state) { predict(state, 'n', true); }
void yolov8s(benchmark::State& state) { predict(state, 's', false); }
BENCHMARK(yolov8n)->Arg(640)->Arg(320)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(yolov8n_seg)->Arg(640)->Arg(320)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(yolov8s)->Arg(640)->Unit(benchmark::kMillisecond)->UseRealTime();

// Everything around the network, of a photo of 640 x 480 px with some hundred candidates.
void around(benchmark::State& state) {
  const ersatz::data::RgbImage photo{640, 480, std::vector<std::uint8_t>(640 * 480 * 3, 90)};
  models::Predictions predictions;
  predictions.boxes = torch::rand({1, 6300, 4}) * 300;
  predictions.boxes.narrow(2, 2, 2).add_(predictions.boxes.narrow(2, 0, 2));
  predictions.scores = torch::rand({1, 6300, 80}).pow(2000);
  for (auto _ : state) {
    const models::Letterbox box = models::plan_letterbox(photo.width, photo.height, {});
    benchmark::DoNotOptimize(
        models::detector_input(models::letterbox_image(photo, box)).data_ptr());
    benchmark::DoNotOptimize(models::select_detections(predictions, 0, {}).data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(around)->Unit(benchmark::kMillisecond)->UseRealTime();

// One convolution with bias and SiLU. Arguments: inputs, outputs, kernel, stride, side of the
// input; way: 0 libtorch's, 1 compute/conv2d.h, 2 Winograd's, 3 compute/direct_conv.h.
void convolution(benchmark::State& state) {
  const torch::NoGradGuard no_grad;
  const std::int64_t in = state.range(0), out = state.range(1), kernel = state.range(2);
  const std::int64_t stride = state.range(3), side = state.range(4), way = state.range(5);
  const auto last = torch::MemoryFormat::ChannelsLast;
  const torch::Tensor x = torch::randn({1, in, side, side}).contiguous(last);
  const torch::Tensor weight = torch::randn({out, in, kernel, kernel}).contiguous(last);
  const torch::Tensor bias = torch::randn({out});
  compute::WinogradWeights packed;
  if (way == 2) packed = compute::winograd_weights(weight);
  compute::Conv2dOptions options;
  options.stride = stride;
  options.padding = kernel / 2;
  options.silu = true;
  for (auto _ : state) {
    torch::Tensor y;
    if (way == 0) y = torch::silu(torch::conv2d(x, weight, bias, stride, kernel / 2));
    if (way == 1) y = compute::conv2d(x, weight, bias, options);
    if (way == 2) y = compute::winograd_conv2d(x, packed, {bias, {}, false, true});
    if (way == 3) {
      y = compute::direct_conv2d(x, weight, stride, kernel / 2).add_(bias.view({1, -1, 1, 1}));
      y = torch::silu(y);
    }
    benchmark::DoNotOptimize(y.data_ptr());
  }
  const auto pixels = static_cast<double>((side / stride) * (side / stride));
  report(state, pixels * static_cast<double>(in * out * kernel * kernel));
  static const char* const kWays[] = {"libtorch", "conv2d", "winograd", "direct_conv"};
  state.SetLabel(kWays[way]);
}
BENCHMARK(convolution)
    ->Args({3, 16, 3, 2, 640, 0})
    ->Args({3, 16, 3, 2, 640, 1})
    ->Args({3, 16, 3, 2, 640, 3})
    ->Args({16, 32, 3, 2, 320, 0})
    ->Args({16, 32, 3, 2, 320, 1})
    ->Args({16, 16, 3, 1, 160, 0})
    ->Args({16, 16, 3, 1, 160, 1})
    ->Args({16, 16, 3, 1, 160, 2})
    ->Args({32, 32, 3, 1, 80, 0})
    ->Args({32, 32, 3, 1, 80, 2})
    ->Args({64, 80, 3, 1, 80, 0})
    ->Args({64, 80, 3, 1, 80, 2})
    ->Args({64, 64, 3, 1, 40, 0})
    ->Args({64, 64, 3, 1, 40, 2})
    ->Args({128, 128, 3, 1, 20, 0})
    ->Args({128, 128, 3, 1, 20, 2})
    ->Args({128, 256, 3, 2, 40, 0})
    ->Args({128, 256, 3, 2, 40, 1})
    ->Args({192, 64, 1, 1, 80, 0})
    ->Args({192, 64, 1, 1, 80, 1})
    ->Args({48, 32, 1, 1, 160, 0})
    ->Args({48, 32, 1, 1, 160, 1})
    ->Args({384, 128, 1, 1, 40, 0})
    ->Args({384, 128, 1, 1, 40, 1})
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime()
    ->MinTime(0.1);

}  // namespace

int main(int argc, char** argv) {
  ersatz::core::ensure_fast_blas(argv);
  compute::use_threads();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
