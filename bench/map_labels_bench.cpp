// From a heat map to masks, polygons, boxes and scores, at 512 px.
#include <benchmark/benchmark.h>

#include <atomic>
#include <cmath>
#include <cstdint>
#include <vector>

#include "data/digits/parallel_blocks.h"
#include "label/map_labels.h"

namespace {

using namespace ersatz;

// Two soft blobs and a ripple, which changes with the number.
data::GreyImage heat_map(int number) {
  constexpr int kSide = 512;
  data::GreyImage map{kSide, kSide, {}};
  const auto blob = [](double x, double y, double cx, double cy, double r) {
    return std::exp(-((x - cx) * (x - cx) + (y - cy) * (y - cy)) / (r * r));
  };
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const double heat = 0.8 * blob(x, y, 180 + 5 * number, 200, 90) +
                          0.6 * blob(x, y, 380, 330 - 3 * number, 60) +
                          0.1 * (1 + std::sin(0.11 * x) * std::sin(0.07 * y + number));
      map.pixels.push_back(static_cast<std::uint8_t>(std::lround(255 * std::min(heat, 1.0))));
    }
  }
  return map;
}

void labels(benchmark::State& state, label::MapRecipe recipe) {
  constexpr std::int64_t kMaps = 64;
  std::vector<data::GreyImage> maps;
  for (int i = 0; i < 16; ++i) maps.push_back(heat_map(i));
  std::atomic<std::int64_t> found{0};
  for (auto _ : state) {
    data::for_each_block(kMaps, 4, 0, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        found += static_cast<std::int64_t>(
            label::labels_of_map(maps[static_cast<std::size_t>(i % 16)], 0, "car", recipe).size());
      }
    });
  }
  if (found == 0) state.SkipWithError("no labels");
  state.SetItemsProcessed(state.iterations() * kMaps);
}
BENCHMARK_CAPTURE(labels, published, label::MapRecipe::kPublished)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(labels, fixed, label::MapRecipe::kFixed)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
