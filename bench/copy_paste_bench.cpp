// Throughput of copy-paste generation in images per second, at 640 x 480 with five cut-outs of
// 120 to 200 px per class: bench/python/copy_paste_opencv.py does the same in Python.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "core/philox.h"
#include "data/digits/parallel_blocks.h"
#include "data/images/jpeg_codec.h"
#include "data/images/png_codec.h"
#include "generate/copy_paste/copy_paste.h"

namespace {

using namespace ersatz;

constexpr int kWidth = 640, kHeight = 480;
constexpr int kBackgrounds = 16;
constexpr std::int64_t kImages = 100;  // per iteration

std::uint8_t to_byte(double value) {
  return static_cast<std::uint8_t>(std::min(255.0, std::max(0.0, value)));
}

// Waves of several lengths and grain: compresses about as well as a photograph.
data::RgbImage background(std::uint64_t index) {
  core::Stream stream(1, "background", index);
  double phase[3][6];
  for (auto& channel : phase) {
    for (double& value : channel) value = 6.283 * stream.uniform_double();
  }
  data::RgbImage image{kWidth, kHeight, {}};
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      for (const auto& channel : phase) {
        double value = 128;
        for (int k = 0; k < 6; ++k) {
          const double step = 0.008 * (1 << k);
          value += 60.0 / (k + 1) * std::sin(step * (x + (k % 3 - 1) * y) + channel[k]);
        }
        image.pixels.push_back(to_byte(value + 4 * stream.normal()));
      }
    }
  }
  return image;
}

// A ball with a soft rim.
data::RgbaImage ball(int side, std::uint64_t index) {
  core::Stream stream(1, "ball", index);
  data::RgbaImage image{side, side, {}};
  const double radius = side / 2.0;
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const double dx = (x + 0.5 - radius) / radius, dy = (y + 0.5 - radius) / radius;
      const double distance = std::sqrt(dx * dx + dy * dy);
      const double light = 200 * std::max(0.2, 1 - 0.6 * distance - 0.2 * (dx + dy));
      for (const double tint : {1.2, 0.7, 0.2}) {
        image.pixels.push_back(to_byte(tint * light + 5 * stream.normal()));
      }
      image.pixels.push_back(to_byte(255 * (1 - distance) * radius / 2));
    }
  }
  return image;
}

std::vector<generate::CutOutClass> balls() {
  generate::CutOutClass one{"ball", {}};
  for (int i = 0; i < 5; ++i) {
    one.cut_outs.push_back(generate::make_cut_out(std::to_string(i), ball(120 + 20 * i, i)));
  }
  return {one};
}

std::vector<data::RgbImage> pictures() {
  std::vector<data::RgbImage> images;
  for (int i = 0; i < kBackgrounds; ++i) images.push_back(background(i));
  return images;
}

const generate::CopyPaste& in_memory(generate::CopyPasteMode mode) {
  static const std::shared_ptr<const generate::Backgrounds> backgrounds =
      generate::make_backgrounds(pictures());
  generate::CopyPasteOptions options;
  options.mode = mode;
  if (mode == generate::CopyPasteMode::kVaried) {
    static const generate::CopyPaste varied(balls(), backgrounds, options);
    return varied;
  }
  static const generate::CopyPaste native(balls(), backgrounds, options);
  return native;
}

// Calls use(image) for kImages images of `source` in every iteration.
template <typename Use>
void run(benchmark::State& state, const generate::CopyPaste& source, Use use) {
  std::int64_t first = 0;
  for (auto _ : state) {
    data::for_each_block(
        kImages, 1, static_cast<int>(state.range(0)),
        [&](std::int64_t begin, std::int64_t) { use(source.compose(0, first + begin)); });
    first += kImages;
  }
  state.SetItemsProcessed(state.iterations() * kImages);
}

void keep(const generate::CopyPasteImage& made) {
  benchmark::DoNotOptimize(made.image.pixels.data());
  benchmark::DoNotOptimize(made.instances.data());
}

void keep(const std::string& bytes) { benchmark::DoNotOptimize(bytes.data()); }

// Argument: threads, 0 = one per processor. Picture, masks as run lengths, boxes.
void compose(benchmark::State& state) {
  run(state, in_memory(generate::CopyPasteMode::kNative),
      [](const generate::CopyPasteImage& made) { keep(made); });
}

void compose_roboflow(benchmark::State& state) {
  run(state, in_memory(generate::CopyPasteMode::kVaried),
      [](const generate::CopyPasteImage& made) { keep(made); });
}

// Every background is read and decoded (strictly) from a JPEG file.
void compose_from_jpeg_files(benchmark::State& state) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / "ersatz-copy-paste-bench";
  fs::create_directories(folder);
  for (int i = 0; i < kBackgrounds; ++i) {
    std::ofstream(folder / (std::to_string(i) + ".jpg"), std::ios::binary)
        << data::encode_jpeg(background(i), 90);
  }
  const generate::CopyPaste source(balls(), generate::open_backgrounds(folder, 0, 0), {});
  run(state, source, [](const generate::CopyPasteImage& made) { keep(made); });
  fs::remove_all(folder);
}

void compose_and_encode_png(benchmark::State& state) {
  run(state, in_memory(generate::CopyPasteMode::kNative), [](const generate::CopyPasteImage& made) {
    keep(data::encode_png(made.image, {}, data::PngEffort::kFast));
  });
}

void compose_and_encode_small_png(benchmark::State& state) {
  run(state, in_memory(generate::CopyPasteMode::kNative), [](const generate::CopyPasteImage& made) {
    keep(data::encode_png(made.image, {}, data::PngEffort::kSmall));
  });
}

void compose_and_encode_jpeg(benchmark::State& state) {
  run(state, in_memory(generate::CopyPasteMode::kNative),
      [](const generate::CopyPasteImage& made) { keep(data::encode_jpeg(made.image, 95)); });
}

BENCHMARK(compose)->Arg(1)->Arg(0)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(compose_roboflow)->Arg(0)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(compose_from_jpeg_files)->Arg(0)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(compose_and_encode_png)->Arg(0)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(compose_and_encode_small_png)->Arg(0)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(compose_and_encode_jpeg)->Arg(0)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
