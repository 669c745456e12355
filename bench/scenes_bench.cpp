// Throughput of the stand-in scenes, in scenes per second.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>

#include "data/digits/parallel_blocks.h"
#include "data/scenes/fruit_cutouts.h"
#include "data/scenes/scene.h"

namespace {

using namespace ersatz;

// Arguments: kind, side in px, threads (0: one per processor). Both domains in turn.
void draw_scenes(benchmark::State& state) {
  data::SceneRequest web;
  web.kind = data::scene_kinds()[static_cast<std::size_t>(state.range(0))];
  web.width = web.height = static_cast<int>(state.range(1));
  data::SceneRequest camera = web;
  camera.domain = data::kCameraDomain;
  constexpr std::int64_t kScenes = 256;
  for (auto _ : state) {
    data::for_each_block(
        kScenes, 4, static_cast<int>(state.range(2)), [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t i = begin; i < end; ++i) {
            const data::Scene scene = data::draw_scene(i % 2 == 0 ? web : camera, 1, i);
            benchmark::DoNotOptimize(scene.image.pixels.data());
          }
        });
  }
  state.SetItemsProcessed(state.iterations() * kScenes);
  state.SetLabel(std::string(data::scene_kind_name(web.kind)));
}

void every_kind(benchmark::internal::Benchmark* benchmark) {
  for (std::int64_t kind = 0; kind < static_cast<std::int64_t>(data::scene_kinds().size());
       ++kind) {
    benchmark->Args({kind, 128, 1})->Args({kind, 128, 0});
  }
  benchmark->Args({0, 64, 0})->Args({0, 256, 0})->Args({1, 512, 0});
}
BENCHMARK(draw_scenes)->Apply(every_kind)->UseRealTime()->Unit(benchmark::kMillisecond);

// Argument: threads (0: one per processor). All kinds in equal shares.
void draw_scenes_of_all_kinds(benchmark::State& state) {
  const auto& kinds = data::scene_kinds();
  constexpr std::int64_t kScenes = 448;
  for (auto _ : state) {
    data::for_each_block(kScenes, 4, static_cast<int>(state.range(0)),
                         [&](std::int64_t begin, std::int64_t end) {
                           for (std::int64_t i = begin; i < end; ++i) {
                             data::SceneRequest request;
                             request.kind = kinds[static_cast<std::size_t>(i) % kinds.size()];
                             if (i % 2 != 0) request.domain = data::kCameraDomain;
                             const data::Scene scene = data::draw_scene(request, 1, i);
                             benchmark::DoNotOptimize(scene.image.pixels.data());
                           }
                         });
  }
  state.SetItemsProcessed(state.iterations() * kScenes);
}
BENCHMARK(draw_scenes_of_all_kinds)->Arg(1)->Arg(0)->UseRealTime()->Unit(benchmark::kMillisecond);

void draw_fruit_cutouts(benchmark::State& state) {
  for (auto _ : state) {
    const auto cutouts = data::draw_fruit_cutouts(5, 128, 1);
    benchmark::DoNotOptimize(cutouts.data());
  }
  state.SetItemsProcessed(state.iterations() * 25);
}
BENCHMARK(draw_fruit_cutouts)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
