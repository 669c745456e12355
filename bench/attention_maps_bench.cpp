// What capturing cross-attention adds to one step of SD 1.5 at 512x512: all its layers, one guided
// image. To be compared with a call of the UNet for a batch of 2 (sd_bench).
#include <benchmark/benchmark.h>
#include <torch/types.h>

#include <string>
#include <vector>

#include "compute/threads.h"
#include "core/blas.h"
#include "label/attention_maps.h"

namespace {

namespace label = ersatz::label;
namespace models = ersatz::models;

// Blocks of SD 1.5 with cross-attention: name, side of the map, channels, layers.
struct Block {
  const char* name;
  std::int64_t side, channels, layers;
};
constexpr Block kBlocks[] = {{"down_blocks.0", 64, 320, 2},  {"down_blocks.1", 32, 640, 2},
                             {"down_blocks.2", 16, 1280, 2}, {"mid_block", 8, 1280, 1},
                             {"up_blocks.1", 16, 1280, 3},   {"up_blocks.2", 32, 640, 3},
                             {"up_blocks.3", 64, 320, 3}};

std::vector<models::CrossAttentionCall> calls_of_a_step(std::int64_t images) {
  std::vector<models::CrossAttentionCall> calls;
  for (const Block& block : kBlocks) {
    for (std::int64_t layer = 0; layer < block.layers; ++layer) {
      const std::int64_t rows = block.side * block.side;
      calls.push_back({block.name + std::string(".attentions.") + std::to_string(layer), block.side,
                       block.side, 8, 0.15, torch::randn({2 * images, rows, block.channels}),
                       torch::randn({2 * images, 77, block.channels})});
    }
  }
  return calls;
}

// images, kept text positions (0 = all)
void capture_step(benchmark::State& state) {
  label::AttentionCaptureOptions options;
  options.batch = state.range(0);
  options.positions = state.range(1);
  label::AttentionCapture capture(options);
  const std::vector<models::CrossAttentionCall> calls = calls_of_a_step(options.batch);
  for (auto _ : state) {
    for (const models::CrossAttentionCall& call : calls) capture.on_cross_attention(call);
  }
  double bytes = 0;
  for (const auto& layer : capture.layers()) bytes += 4.0 * static_cast<double>(layer.sum.numel());
  state.counters["MB"] = bytes / 1e6;
}
BENCHMARK(capture_step)
    ->ArgNames({"images", "positions"})
    ->Args({1, 0})
    ->Args({1, 16})
    ->Args({4, 0})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void heat_map_of_an_image(benchmark::State& state) {
  label::AttentionCapture capture({});
  for (const models::CrossAttentionCall& call : calls_of_a_step(1)) {
    capture.on_cross_attention(call);
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(label::global_heat_map(capture, 0, state.range(0)).data_ptr());
  }
}
BENCHMARK(heat_map_of_an_image)
    ->ArgName("tokens")
    ->Arg(10)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace

int main(int argc, char** argv) {
  ersatz::core::ensure_fast_blas(argv);
  ersatz::compute::use_threads();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
