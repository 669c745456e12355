// Speed of training and sampling with the UNet and text encoder of mini-SD on the CPU, and with
// other shapes of about the same size.
//
//   samples/s  of a whole step (batch 32): text encoder, UNet, backward, AdamW; or of one forward
//              pass of the UNet (batch 32, as 16 guided pictures), without gradients
//   GFLOP/s    2 per multiply-add of the UNet, three times that for a step
//
// `copies`: 1 leaves libtorch to divide every operation between its threads; 2 computes two halves
// of the batch side by side on a thread each (train/gradient_team.h). Run it on a quiet machine.
#include <benchmark/benchmark.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <memory>
#include <string>
#include <vector>

#include "compute/numerics.h"
#include "compute/threads.h"
#include "compute/torch_shim.h"
#include "core/blas.h"
#include "models/diffusion/clip_text.h"
#include "models/diffusion/random_stable_diffusion.h"
#include "models/diffusion/trainable.h"
#include "models/diffusion/unet.h"
#include "train/adamw.h"
#include "train/gradient_team.h"

namespace {

namespace compute = ersatz::compute;
namespace models = ersatz::models;
namespace train = ersatz::train;

constexpr std::int64_t kBatch = 32, kTokens = 77, kSide = 16;

struct Shape {
  const char* name;
  models::UNetConfig unet;
  double multiplications;  // of the UNet for one sample
};

models::UNetConfig shape(std::vector<std::int64_t> channels, std::vector<std::int64_t> heads,
                         std::vector<bool> attention) {
  models::UNetConfig config;
  config.sample_size = kSide;
  config.block_channels = std::move(channels);
  config.heads = std::move(heads);
  config.down_attention = attention;
  config.up_attention.assign(attention.rbegin(), attention.rend());
  config.transformer_layers.assign(config.block_channels.size(), 1);
  config.layers_per_block = 1;
  config.norm_groups = 16;
  config.cross_attention_dim = 128;
  return config;
}

const std::vector<Shape>& shapes() {
  static const std::vector<Shape> all = {
      {"mini_sd", shape({64, 96, 112}, {4, 6, 7}, {true, true, false}), 0.323e9},
      {"narrow", shape({48, 96, 112}, {3, 6, 7}, {true, true, false}), 0.250e9},
      {"two_levels", shape({64, 128}, {4, 8}, {true, true}), 0.428e9},
      {"no_attention_at_16", shape({64, 96, 128}, {4, 6, 8}, {false, true, false}), 0.238e9},
  };
  return all;
}

models::ClipTextConfig text_config() {
  models::ClipTextConfig config;
  config.vocabulary = 700;
  config.hidden = 128;
  config.intermediate = 256;
  config.layers = 3;
  config.heads = 4;
  return config;
}

void report(benchmark::State& state, const Shape& which, double operations) {
  using benchmark::Counter;
  const auto n = static_cast<double>(state.iterations() * kBatch);
  state.counters["samples/s"] = Counter(n, Counter::kIsRate);
  state.counters["GFLOP/s"] = Counter(n * operations / 1e9, Counter::kIsRate);
  state.SetLabel(std::string(which.name) + ", " + compute::numerics_description("cpu"));
}

struct Copy {
  std::shared_ptr<models::UNet> unet;
  std::shared_ptr<models::ClipText> text;
};

std::vector<torch::Tensor> parameters(const Copy& copy) {
  std::vector<torch::Tensor> all = copy.unet->parameters();
  for (const torch::Tensor& parameter : copy.text->parameters()) all.push_back(parameter);
  return all;
}

void training_step(benchmark::State& state) {
  const Shape& which = shapes()[static_cast<std::size_t>(state.range(0))];
  const std::int64_t copies = state.range(1);
  std::vector<Copy> networks;
  std::vector<std::vector<torch::Tensor>> all;
  for (std::int64_t c = 0; c < copies; ++c) {
    Copy copy{std::make_shared<models::UNet>(which.unet),
              std::make_shared<models::ClipText>(text_config())};
    if (c == 0) {
      models::randomise(*copy.unet, 1, "unet");
      models::randomise(*copy.text, 1, "text");
    } else {
      train::share_parameters(*networks[0].unet, *copy.unet);
      train::share_parameters(*networks[0].text, *copy.text);
    }
    models::set_trainable(*copy.unet, true);
    models::set_trainable(*copy.text, true);
    all.push_back(parameters(copy));
    networks.push_back(std::move(copy));
  }
  std::vector<train::AdamParameter> optimised;
  for (std::size_t i = 0; i < all[0].size(); ++i) {
    optimised.push_back({std::to_string(i), all[0][i], true});
  }
  train::AdamOptions options;
  options.weight_decay = 0.01;
  options.clip = train::ClipMode::kGlobalNorm;
  options.clip_norm = 1;
  train::AdamW adam(optimised, options);
  train::GradientTeam team(all);
  const std::int64_t part = kBatch / copies;
  const torch::Tensor latents = torch::randn({part, 4, kSide, kSide}),
                      noise = torch::randn_like(latents);
  const torch::Tensor ids = torch::randint(0, 699, {part, kTokens}, torch::kInt64);
  const torch::Tensor times = torch::randint(0, 1000, {part}).to(torch::kFloat32);
  for (auto _ : state) {
    team.run([&](std::int64_t c) {
      const Copy& copy = networks[static_cast<std::size_t>(c)];
      const torch::Tensor context = copy.text->forward(ids).last_hidden;
      const torch::Tensor answer = copy.unet->forward(latents, times, context);
      (torch::mse_loss(answer, noise) / static_cast<double>(copies)).backward();
    });
    adam.step(1e-5);
  }
  report(state, which, 6 * which.multiplications);
}
BENCHMARK(training_step)
    ->ArgsProduct({{0, 1, 2, 3}, {1, 2}})
    ->ArgNames({"shape", "copies"})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void unet_forward(benchmark::State& state) {
  const torch::NoGradGuard no_grad;
  const Shape& which = shapes()[static_cast<std::size_t>(state.range(0))];
  models::UNet unet(which.unet);
  models::randomise(unet, 1, "unet");
  const torch::Tensor latents = torch::randn({kBatch, 4, kSide, kSide});
  const auto cache = unet.cross_attention_cache(torch::randn({kBatch, kTokens, 128}));
  const torch::Tensor time = torch::full({1}, 500.0F);
  for (auto _ : state) {
    benchmark::DoNotOptimize(unet.forward(latents, time, cache).data_ptr());
  }
  report(state, which, 2 * which.multiplications);
}
BENCHMARK(unet_forward)
    ->Arg(0)
    ->Arg(1)
    ->Arg(2)
    ->Arg(3)
    ->ArgName("shape")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace

int main(int argc, char** argv) {
  ersatz::core::ensure_fast_blas(argv);
  compute::use_threads();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
