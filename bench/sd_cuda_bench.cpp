// Speed of SD 1.5 at 512x512 on a GPU, with random weights.
//
//   it/s         calls of the UNet per second; a guided picture is a batch of 2
//   pictures/s   from prompt to pixels in memory: text encoder, PNDM, decoder
//   pytorch      how many times faster than PyTorch 2.1 on an H100 (54.5 it/s); compiled: than
//                torch.compile (66.0); stable_fast: than stable-fast (104.6). All three with
//                float16 and a batch of 2; ratios hold on an H100 only
//   recorded:1   the launches of the UNet are replayed as one CUDA graph, as `ersatz generate` does
//
// Times are of whole iterations, with the device's work waited for at both ends.
#include <benchmark/benchmark.h>
#include <torch/cuda.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <utility>

#include "compute/numerics.h"
#include "core/blas.h"
#include "core/project.h"
#include "generate/diffusion/pipeline.h"
#include "models/diffusion/random_stable_diffusion.h"

namespace {

namespace fs = std::filesystem;
namespace compute = ersatz::compute;
namespace generate = ersatz::generate;
namespace models = ersatz::models;

constexpr int kCalls = 20;  // of the UNet in an iteration
const c10::Device kDevice(c10::kCUDA, 0);

void place(torch::nn::Module& module, c10::ScalarType type) {
  for (torch::Tensor& parameter : module.parameters()) {
    const bool kernel = parameter.dim() == 4;
    parameter.set_data(parameter.detach()
                           .to(kDevice, type)
                           .contiguous(kernel ? torch::MemoryFormat::ChannelsLast
                                              : torch::MemoryFormat::Contiguous));
    parameter.requires_grad_(false);
  }
}

// The model in one type, kept for all benchmarks with it.
models::StableDiffusion& model_in(c10::ScalarType type) {
  static std::map<c10::ScalarType, models::StableDiffusion> all;
  const auto found = all.find(type);
  if (found != all.end()) return found->second;
  all.clear();
  models::StableDiffusion model = models::random_stable_diffusion("sd15", 0);
  place(*model.unet, type);
  place(*model.text_encoder, type);
  place(*model.autoencoder, type);
  model.device = kDevice;
  model.compute_type = type;
  return all.emplace(type, std::move(model)).first->second;
}

c10::ScalarType type_of(const benchmark::State& state) {
  return state.range(0) != 0 ? torch::kBFloat16 : torch::kFloat16;
}

void label(benchmark::State& state) {
  state.SetLabel((state.range(0) != 0 ? "bf16 " : "fp16 ") +
                 compute::numerics_description("cuda:0"));
}

benchmark::Counter rate(const benchmark::State& state, double per_iteration) {
  return {per_iteration * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate};
}

// bf16, recorded, rows of the batch
void unet(benchmark::State& state) {
  const torch::NoGradGuard no_grad;
  const c10::ScalarType type = type_of(state);
  models::UNet& network = *model_in(type).unet;
  network.set_recording(state.range(1) != 0);
  const std::int64_t rows = state.range(2);
  const auto options = torch::TensorOptions().device(kDevice).dtype(type);
  const torch::Tensor latents = torch::randn({rows, 4, 64, 64}, options);
  const models::CrossAttentionCache cache =
      network.cross_attention_cache(torch::randn({rows, 77, 768}, options));
  const torch::Tensor time = torch::full({1}, 500.0F, options.dtype(torch::kFloat32));
  const auto calls = [&] {
    torch::Tensor last;
    for (int i = 0; i < kCalls; ++i) last = network.forward(latents, time, cache);
    torch::cuda::synchronize();
    return last;
  };
  const torch::Tensor warm = calls();
  if (!torch::isfinite(warm).all().item<bool>()) return state.SkipWithError("not finite");
  for (auto _ : state) benchmark::DoNotOptimize(calls().data_ptr());
  network.set_recording(true);
  state.counters["it/s"] = rate(state, kCalls);
  state.counters["TFLOP/s"] = rate(state, kCalls * static_cast<double>(rows) * 0.803);
  if (rows == 2) {
    state.counters["pytorch"] = rate(state, kCalls / 54.5);
    state.counters["compiled"] = rate(state, kCalls / 66.0);
    state.counters["stable_fast"] = rate(state, kCalls / 104.6);
  }
  label(state);
}
BENCHMARK(unet)
    ->ArgsProduct({{0}, {0, 1}, {2, 8, 16}})
    ->ArgNames({"bf16", "recorded", "rows"})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

// bf16, pictures side by side, steps
void pictures(benchmark::State& state) {
  models::StableDiffusion& model = model_in(type_of(state));
  const generate::PromptEncoder encoder(
      model.text_encoder, generate::ClipTokenizer::load(ersatz::core::Project::get().assets() /
                                                        "mini-sd" / "tokenizer"));
  generate::SamplingRequest request;
  request.prompts = {"a photo of whole oranges on the table"};
  request.steps = state.range(2);
  request.scheduler = generate::parse_scheduler_config(model.scheduler, "scheduler");
  for (std::int64_t i = 0; i < state.range(1); ++i) {
    request.seeds.push_back(static_cast<std::uint64_t>(i));
  }
  static_cast<void>(generate::sample(model, encoder, request));
  for (auto _ : state) {
    benchmark::DoNotOptimize(generate::sample(model, encoder, request).images.data_ptr());
  }
  state.counters["pictures/s"] = rate(state, static_cast<double>(state.range(1)));
  state.counters["guided_steps/s"] =
      rate(state, static_cast<double>(state.range(1) * (request.steps + 1)));
  label(state);
}
BENCHMARK(pictures)
    ->Args({0, 1, 50})
    ->Args({0, 8, 20})
    ->Args({0, 16, 20})
    ->ArgNames({"bf16", "pictures", "steps"})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

// bf16
void vae_decode(benchmark::State& state) {
  const torch::NoGradGuard no_grad;
  const c10::ScalarType type = type_of(state);
  models::Autoencoder& network = *model_in(type).autoencoder;
  const torch::Tensor latents =
      torch::randn({1, 4, 64, 64}, torch::TensorOptions().device(kDevice).dtype(type));
  const auto decode = [&] {
    const torch::Tensor picture = network.decode(latents);
    torch::cuda::synchronize();
    return picture;
  };
  for (int i = 0; i < 3; ++i) decode();
  for (auto _ : state) benchmark::DoNotOptimize(decode().data_ptr());
  state.counters["TFLOP/s"] = rate(state, 2.51);
  label(state);
}
BENCHMARK(vae_decode)->Arg(0)->ArgName("bf16")->Unit(benchmark::kMillisecond)->UseRealTime();

// Last, because the model is made anew for another type.
BENCHMARK(unet)
    ->Args({1, 1, 2})
    ->ArgNames({"bf16", "recorded", "rows"})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace

int main(int argc, char** argv) {
  ersatz::core::ensure_fast_blas(argv);
  benchmark::Initialize(&argc, argv);
  if (!torch::cuda::is_available()) {
    std::puts("sd_cuda_bench: no CUDA here, nothing measured");
    return 0;
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
