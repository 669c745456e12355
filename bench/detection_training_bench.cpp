// Training of detectors: YOLOv8n on pictures of 320 px, batch 8, with everything that belongs to
// it.
//
//   images_per_second    pictures in memory, mosaic and the other changes on a thread of their own,
//                        forward, loss with task-aligned assignment, backward, clipping, AdamW,
//                        moving average
//   GFLOP/s              operations of the convolutions as they are defined, both passes;
//   Winograd's
//                        products need a quarter of them
//   percent_of_peak      of the rate of the arithmetic units measured here (bench/machine_peak.h)
//
// `parts` says where the time of a step goes. Run it on a quiet machine.
#include <benchmark/benchmark.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <chrono>

#include "compute/numerics.h"
#include "compute/threads.h"
#include "core/blas.h"
#include "core/philox.h"
#include "data/images/resize.h"
#include "data/prefetch.h"
#include "machine_peak.h"
#include "models/detection/detector_zoo.h"
#include "models/detection/yolov8_config.h"
#include "train/detection/detection_batches.h"
#include "train/detection/detection_loss.h"
#include "train/detection/detector_optimiser.h"
#include "train/ema.h"
#include "train/epoch_batches.h"

namespace {

namespace compute = ersatz::compute;
namespace core = ersatz::core;
namespace data = ersatz::data;
namespace models = ersatz::models;
namespace train = ersatz::train;

constexpr std::int64_t kBatch = 8;
constexpr int kSize = 320;
constexpr int kObjects = 8;  // of a picture, as in shared/data/apple_bbch81

// Smooth structure with as many boxes as a picture of an orchard has.
const data::DetectionSet& pictures() {
  static const data::DetectionSet set = [] {
    data::DetectionSet made;
    made.size = kSize;
    made.classes = {"apple"};
    for (std::uint64_t i = 0; i < 64; ++i) {
      core::Stream random(1, "bench/detection", i);
      data::RgbImage small{16, 16, {}};
      for (int j = 0; j < 16 * 16 * 3; ++j) {
        small.pixels.push_back(static_cast<std::uint8_t>(random.below(256)));
      }
      std::vector<data::ObjectBox> boxes;
      for (int j = 0; j < kObjects; ++j) {
        const float x = random.uniform(0, 270), y = random.uniform(0, 270);
        boxes.push_back({0, x, y, x + random.uniform(10, 48), y + random.uniform(10, 48)});
      }
      made.pictures.push_back(data::detection_picture(
          std::to_string(i), data::resize_bilinear(small, kSize, kSize), boxes, kSize));
    }
    return made;
  }();
  return set;
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// Two operations per multiply-add; the backward pass needs both gradients, except that the pictures
// need none.
double flop_of_training() {
  models::Yolov8Config config;
  config.classes = 1;
  const double stem = 160.0 * 160 * 16 * 27;
  return 2 * (3 * models::yolov8_multiply_adds(config, kSize, kSize) - stem);
}

void report(benchmark::State& state, double seconds_per_image) {
  const double flop = flop_of_training();
  state.counters["images_per_second"] = 1 / seconds_per_image;
  state.counters["GFLOP/s"] = flop / seconds_per_image / 1e9;
  state.counters["percent_of_peak"] = 100 * flop / seconds_per_image / machine_peak();
  state.SetLabel(compute::numerics_description("cpu"));
}

struct Learner {
  std::shared_ptr<models::Detector> network = models::make_detector({"yolov8n", 1, 32}, 1);
  std::unique_ptr<train::DetectionLoss> loss = train::make_detection_loss(*network);
  train::DetectorTraining training =
      train::with_optimiser({}, 1000, static_cast<std::int64_t>(pictures().classes.size()));
  train::DetectorUpdate update{*network, training};
  train::Ema average{train::live_parameters(*network), {}};

  Learner() { network->train(); }
};

// The loop of train/detection/detector_trainer.cpp without its files.
void training(benchmark::State& state) {
  Learner learner;
  train::EpochBatches batches(static_cast<std::int64_t>(pictures().pictures.size()), kBatch, 1,
                              "bench");
  constexpr std::int64_t kSteps = 1 << 20;
  data::Prefetch<train::DetectionBatch> prefetch(0, kSteps, [&](std::int64_t step) {
    return train::detection_batch(pictures(), batches.batch(step), {}, 1, batches.epoch_of(step));
  });
  std::int64_t step = 0;
  double total = 0;
  for (auto _ : state) {
    const auto begin = std::chrono::steady_clock::now();
    const train::DetectionBatch batch = prefetch.next();
    const torch::Tensor images = train::detection_input(batch.images, torch::kCPU);
    const train::DetectionLosses losses =
        (*learner.loss)(learner.network->maps(images), batch.targets, kSize);
    losses.total.backward();
    benchmark::DoNotOptimize(losses.total.item<double>());
    train::clip_gradients(learner.update.parameters(), 1, 10);
    learner.update.step(train::detector_rates(learner.training, step, batches.steps_per_epoch()));
    learner.average.update();
    ++step;
    total += seconds_since(begin);
  }
  report(state, total / static_cast<double>(state.iterations() * kBatch));
}
BENCHMARK(training)->Unit(benchmark::kMillisecond)->UseRealTime()->MinTime(12);

// Seconds of the parts of a step: the batch, forward, loss, backward, update.
void parts(benchmark::State& state) {
  Learner learner;
  double of_batch = 0, forward = 0, of_loss = 0, backward = 0, of_update = 0;
  std::int64_t epoch = 0;
  for (auto _ : state) {
    auto begin = std::chrono::steady_clock::now();
    const auto lap = [&](double& part) {
      part += seconds_since(begin);
      begin = std::chrono::steady_clock::now();
    };
    const train::DetectionBatch batch =
        train::detection_batch(pictures(), {0, 1, 2, 3, 4, 5, 6, 7}, {}, 1, epoch++);
    lap(of_batch);
    const models::DetectorMaps maps =
        learner.network->maps(train::detection_input(batch.images, torch::kCPU));
    lap(forward);
    const train::DetectionLosses losses = (*learner.loss)(maps, batch.targets, kSize);
    lap(of_loss);
    losses.total.backward();
    lap(backward);
    train::clip_gradients(learner.update.parameters(), 1, 10);
    learner.update.step({1e-4, 1e-4, 0.9});
    learner.average.update();
    lap(of_update);
  }
  const auto steps = static_cast<double>(state.iterations());
  state.counters["batch_ms"] = 1e3 * of_batch / steps;
  state.counters["forward_ms"] = 1e3 * forward / steps;
  state.counters["loss_ms"] = 1e3 * of_loss / steps;
  state.counters["backward_ms"] = 1e3 * backward / steps;
  state.counters["update_ms"] = 1e3 * of_update / steps;
}
BENCHMARK(parts)->Unit(benchmark::kMillisecond)->UseRealTime()->MinTime(5);

}  // namespace

int main(int argc, char** argv) {
  core::ensure_fast_blas(argv);
  compute::use_threads();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
