// Throughput of the digit generators in images per second.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include "data/digits/mnist_normalise.h"
#include "data/digits/stroke_digits.h"
#include "generate/fonts/font_digits.h"

namespace {

using namespace ersatz;

const generate::FontSet& installed_fonts() {
  generate::FontSetOptions options;
  options.allow_partial = true;
  options.minimum = 1;
  static const generate::FontSet fonts = generate::FontSet::load(options);
  return fonts;
}

// Argument: threads, 0 = one per processor.
void font_digits(benchmark::State& state) {
  const generate::FontSet& fonts = installed_fonts();
  generate::FontDigitOptions options;
  options.threads = static_cast<int>(state.range(0));
  std::int64_t images = 0;
  for (auto _ : state) {
    const generate::FontDigits digits = generate::render_font_digits(fonts, options);
    images += static_cast<std::int64_t>(digits.size());
    benchmark::DoNotOptimize(digits.images.pixels.data());
  }
  state.SetItemsProcessed(images);
}
BENCHMARK(font_digits)->Arg(1)->Arg(0)->UseRealTime()->Unit(benchmark::kMillisecond);

void load_fonts(benchmark::State& state) {
  generate::FontSetOptions options;
  options.allow_partial = true;
  options.minimum = 1;
  for (auto _ : state) {
    const generate::FontSet fonts = generate::FontSet::load(options);
    benchmark::DoNotOptimize(fonts.size());
  }
}
BENCHMARK(load_fonts)->Unit(benchmark::kMillisecond);

void stroke_digits(benchmark::State& state) {
  constexpr std::int64_t kCount = 10'000;
  for (auto _ : state) {
    const data::LabelledImages digits =
        data::draw_stroke_digits(kCount, 1, 0, static_cast<int>(state.range(0)));
    benchmark::DoNotOptimize(digits.pixels.data());
  }
  state.SetItemsProcessed(state.iterations() * kCount);
}
BENCHMARK(stroke_digits)->Arg(1)->Arg(0)->UseRealTime()->Unit(benchmark::kMillisecond);

// A square scan full of ink; argument: its side in pixels.
void mnist_normalise(benchmark::State& state) {
  const auto side = static_cast<int>(state.range(0));
  const std::vector<std::uint8_t> ink(static_cast<std::size_t>(side * side), 200);
  std::vector<std::uint8_t> out(data::kDigitPixels);
  for (auto _ : state) {
    data::mnist_normalise(ink.data(), side, side, out.data());
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(mnist_normalise)->Arg(64)->Arg(200);

}  // namespace

BENCHMARK_MAIN();
