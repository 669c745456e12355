// What a step of training a small autoencoder is made of: layers forth and back beside libtorch's
// own functions, and the whole step.
#include <benchmark/benchmark.h>
#include <torch/autograd.h>
#include <torch/types.h>

#include <functional>
#include <memory>

#include "compute/doubled_conv2d.h"
#include "compute/fused_layers.h"
#include "compute/threads.h"
#include "core/blas.h"
#include "models/diffusion/autoencoder.h"
#include "models/diffusion/random_stable_diffusion.h"
#include "models/diffusion/trainable.h"
#include "train/diffusion/autoencoder_loss.h"

namespace {

using namespace ersatz;

torch::Tensor image_like(std::int64_t batch, std::int64_t channels, std::int64_t side) {
  return torch::randn({batch, channels, side, side})
      .contiguous(torch::MemoryFormat::ChannelsLast)
      .set_requires_grad(true);
}

// Arguments: batch, channels, side.
void forth_and_back(benchmark::State& state, const torch::Tensor& x, std::int64_t scale,
                    const std::function<torch::Tensor()>& layer) {
  const torch::Tensor gradient =
      torch::randn({x.size(0), x.size(1), scale * x.size(2), scale * x.size(3)})
          .contiguous(torch::MemoryFormat::ChannelsLast);
  for (auto _ : state) {
    layer().backward(gradient);
    x.mutable_grad() = torch::Tensor();
  }
}

void group_norm(benchmark::State& state, bool libtorch) {
  const torch::Tensor x = image_like(state.range(0), state.range(1), state.range(2));
  const torch::Tensor weight = torch::ones({x.size(1)}).set_requires_grad(true);
  const torch::Tensor bias = torch::zeros({x.size(1)}).set_requires_grad(true);
  forth_and_back(state, x, 1, [&] {
    return libtorch ? torch::silu(torch::group_norm(x, 8, weight, bias, 1e-6))
                    : compute::group_norm(x, 8, weight, bias, 1e-6, true);
  });
}
BENCHMARK_CAPTURE(group_norm, libtorch, true)
    ->Args({8, 16, 128})
    ->Args({8, 64, 32})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(group_norm, ours, false)
    ->Args({8, 16, 128})
    ->Args({8, 64, 32})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void doubled_conv(benchmark::State& state, bool libtorch) {
  const torch::Tensor x = image_like(state.range(0), state.range(1), state.range(2));
  const torch::Tensor weight = torch::randn({x.size(1), x.size(1), 3, 3})
                                   .contiguous(torch::MemoryFormat::ChannelsLast)
                                   .set_requires_grad(true);
  const torch::Tensor bias = torch::zeros({x.size(1)}).set_requires_grad(true);
  forth_and_back(state, x, 2, [&] {
    return libtorch ? torch::conv2d(torch::upsample_nearest2d(
                                        x, torch::IntArrayRef({2 * x.size(2), 2 * x.size(3)})),
                                    weight, bias, 1, 1)
                    : compute::doubled_conv2d(x, weight, bias);
  });
}
BENCHMARK_CAPTURE(doubled_conv, libtorch, true)
    ->Args({8, 32, 64})
    ->Args({8, 64, 16})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(doubled_conv, ours, false)
    ->Args({8, 32, 64})
    ->Args({8, 64, 16})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

// Forth and back through the autoencoder of mini-SD at 128 px, without the update. Argument: batch.
void autoencoder_step(benchmark::State& state) {
  models::AutoencoderConfig config;
  config.block_channels = {16, 32, 64, 64};
  config.layers_per_block = 1;
  config.norm_groups = 8;
  models::Autoencoder network(config);
  models::randomise(network, 1, "bench");
  models::set_trainable(network, true);
  const torch::Tensor images =
      torch::rand({state.range(0), 3, 128, 128}).contiguous(torch::MemoryFormat::ChannelsLast);
  train::AutoencoderLossWeights weights;
  weights.edges = 0.5;
  for (auto _ : state) {
    const models::LatentDistribution latents = network.encode(images);
    const torch::Tensor decoded = network.decode(latents.sample(torch::randn_like(latents.mean)));
    train::autoencoder_loss(images, decoded, latents, weights).total.backward();
    for (torch::Tensor& parameter : network.parameters()) {
      parameter.mutable_grad() = torch::Tensor();
    }
  }
  state.counters["images/s"] = benchmark::Counter(
      static_cast<double>(state.iterations() * state.range(0)), benchmark::Counter::kIsRate);
}
BENCHMARK(autoencoder_step)->Arg(4)->Arg(8)->Arg(16)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

int main(int argc, char** argv) {
  core::ensure_fast_blas(argv);
  compute::use_threads();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
