// Speed of the networks of SD 1.5 at 512x512 with random weights, in float32.
//
//   TFLOP/s          2 per multiply-add: UNet 0.803 TFLOP per image, VAE decoder 2.51, CLIP 0.013
//   percent_of_peak  of the rate the processor reaches in registers
//   diffusers        how many times faster than diffusers 0.21 on torch 1.13, tuned as well as it
//                    can be (14.5 s, 12.3 s, 0.169 s); diffusers_as_installed: 25.4 s, 12.0 s, 0.95
//                    s
//   sd_cpp           than stable-diffusion.cpp of February 2026 with two threads (58.4 s for two
//                    images, 56.8 s, 0.47 s)
//
// The peers' times were measured on two cores of an AVX-512 Xeon; ratios hold for such a machine
// only. Run it on a quiet machine (`make bench-sd`).
#include <benchmark/benchmark.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "compute/numerics.h"
#include "compute/threads.h"
#include "core/blas.h"
#include "core/machine.h"
#include "machine_peak.h"
#include "models/diffusion/autoencoder.h"
#include "models/diffusion/clip_text.h"
#include "models/diffusion/random_stable_diffusion.h"
#include "models/diffusion/unet.h"

namespace {

namespace compute = ersatz::compute;
namespace core = ersatz::core;
namespace models = ersatz::models;

struct PeerSeconds {
  double diffusers, as_installed, sd_cpp;
};

// `scale`: the share of the peers' work that one iteration does.
void report(benchmark::State& state, double operations, const PeerSeconds& peers, double scale) {
  using benchmark::Counter;
  const auto n = static_cast<double>(state.iterations());
  const auto rate = [&](double value) { return Counter(value * n, Counter::kIsRate); };
  state.counters["TFLOP/s"] = rate(operations / 1e12);
  state.counters["percent_of_peak"] = rate(100 * operations / machine_peak());
  state.counters["diffusers"] = rate(peers.diffusers * scale);
  state.counters["diffusers_as_installed"] = rate(peers.as_installed * scale);
  state.counters["sd_cpp"] = rate(peers.sd_cpp * scale);
  state.counters["peak_memory_GB"] = static_cast<double>(core::peak_memory_bytes()) / 1e9;
  state.SetLabel(compute::numerics_description("cpu"));
}

template <typename Network, typename Config>
Network& random_network() {
  static Network network{Config{}};
  static const bool ready = [] {
    models::randomise(network, 1, "bench");
    network.eval();
    return true;
  }();
  static_cast<void>(ready);
  return network;
}

void clip_text(benchmark::State& state) {
  const torch::NoGradGuard no_grad;
  auto& network = random_network<models::ClipText, models::ClipTextConfig>();
  const torch::Tensor ids = torch::randint(0, 49000, {2, 77}, torch::kInt64);
  for (auto _ : state) benchmark::DoNotOptimize(network.forward(ids).last_hidden.data_ptr());
  report(state, 2 * 0.013e12, {0.169, 0.95, 0.47}, 1);
}
BENCHMARK(clip_text)->Unit(benchmark::kMillisecond)->UseRealTime();

// One call of the network with the keys and values of the prompt at hand, as every step makes it.
void unet(benchmark::State& state) {
  const torch::NoGradGuard no_grad;
  const std::int64_t batch = state.range(0);
  auto& network = random_network<models::UNet, models::UNetConfig>();
  const torch::Tensor latents = torch::randn({batch, 4, 64, 64});
  const models::CrossAttentionCache cache =
      network.cross_attention_cache(torch::randn({batch, 77, 768}));
  const torch::Tensor time = torch::full({1}, 500.0F);
  for (auto _ : state) {
    benchmark::DoNotOptimize(network.forward(latents, time, cache).data_ptr());
  }
  const double images = static_cast<double>(batch);
  report(state, images * 0.803e12, {14.5, 25.4, 58.4}, images / 2);
}
BENCHMARK(unet)->Arg(1)->Arg(2)->Iterations(2)->Unit(benchmark::kMillisecond)->UseRealTime();

void vae_decode(benchmark::State& state) {
  const torch::NoGradGuard no_grad;
  auto& network = random_network<models::Autoencoder, models::AutoencoderConfig>();
  const torch::Tensor latents = torch::randn({1, 4, 64, 64});
  for (auto _ : state) benchmark::DoNotOptimize(network.decode(latents).data_ptr());
  report(state, 2.51e12, {12.3, 12.0, 56.8}, 1);
}
BENCHMARK(vae_decode)->Iterations(1)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

int main(int argc, char** argv) {
  ersatz::core::ensure_fast_blas(argv);
  compute::use_threads();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
