#include "ranks/rank_trainings.h"

#include <torch/types.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <map>
#include <thread>
#include <vector>

#include "core/error.h"
#include "core/philox.h"
#include "data/photos/photo_set.h"
#include "train/classifier_trainer.h"
#include "train/detection/detector_trainer.h"
#include "train/detection/folded_weights.h"
#include "train/detection/orchard_pictures.h"
#include "train/diffusion/autoencoder_trainer.h"
#include "train/diffusion/painted_discs.h"
#include "train/photo_classifier_trainer.h"
#include "train/segmentation/segmenter_trainer.h"
#include "train/synthetic_digits.h"
#include "train/training_loop.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;

train::TrainingRun training_run(const Rank& rank) {
  train::TrainingRun run;
  run.checkpoint_folder = rank.folder / "checkpoints";
  run.metrics_file = rank.folder / "metrics.jsonl";
  run.seed = 5;
  run.checkpoint_every = 4;
  run.log_every = 3;
  run.ranks = rank.group;
  run.parts = rank.parts;
  return run;
}

std::int64_t steps_wanted() {
  const char* const text = std::getenv("RANK_WORKER_STEPS");
  return text == nullptr ? 12 : std::atoll(text);
}

void train_digits(const Rank& rank) {
  train::ClassifierTraining training;
  training.network = {4, 6, 24, 10, std::getenv("RANK_WORKER_NO_DROPOUT") == nullptr ? 0.4 : 0.0};
  training.steps = steps_wanted();
  training.batch_size = 21;  // does not divide evenly
  training.learning_rate.base = 3e-3;
  train::TrainingRun run = training_run(rank);
  if (const char* const stop = std::getenv("RANK_WORKER_STOP_AFTER"))
    run.stop_after = std::atoll(stop);
  rank.ready();
  train::train_classifier(synthetic_digits(50, 1), training, run, rank.folder / "weights");
}

// Coloured discs.
data::PhotoSet discs(std::int64_t count, std::uint64_t seed) {
  constexpr int kSide = 20;
  std::vector<std::uint8_t> labels;
  for (std::int64_t i = 0; i < count; ++i) labels.push_back(static_cast<std::uint8_t>(i % 3));
  const auto picture = [&](std::int64_t i) {
    core::Stream random(seed, "discs", static_cast<std::uint64_t>(i));
    const int x0 = 6 + static_cast<int>(random.below(8)),
              y0 = 6 + static_cast<int>(random.below(8));
    data::RgbImage image{kSide, kSide, {}};
    for (int y = 0; y < kSide; ++y) {
      for (int x = 0; x < kSide; ++x) {
        for (int c = 0; c < 3; ++c) {
          const bool lit = (x - x0) * (x - x0) + (y - y0) * (y - y0) < 25 && c == i % 3;
          image.pixels.push_back(static_cast<std::uint8_t>((lit ? 150 : 60) + random.below(40)));
        }
      }
    }
    return image;
  };
  return data::prepare_photos({"red", "green", "blue"}, labels, picture, {kSide, kSide});
}

// With batch normalisation, and a smaller last batch.
void train_photos(const Rank& rank) {
  train::PhotoTraining training;
  training.network.name = "resnet10";
  training.network.width = 8;
  training.network.small_stem = true;
  training.epochs = 2;
  training.batch_size = 8;
  training.learning_rate.base = 3e-3;
  train::train_photo_classifier(discs(30, 1), discs(6, 2), training, training_run(rank),
                                rank.folder / "weights");
}

// The noise of latents is drawn part by part.
void train_autoencoder(const Rank& rank) {
  train::AutoencoderTraining training;
  training.network.block_channels = {16, 32};
  training.network.layers_per_block = 1;
  training.network.norm_groups = 4;
  training.side = 16;
  training.steps = 6;
  training.batch_size = 7;  // does not divide evenly
  training.loss.edges = 0.5;
  training.held_out = 3;
  training.quality_every = 3;
  train::train_autoencoder({painted_discs(1, 16), painted_discs(2, 16), "discs"}, training,
                           training_run(rank), rank.folder / "vae");
  if (rank.number() != 0) return;
  core::write_file_atomic(
      rank.folder / "weights",
      core::read_file(rank.folder / "vae" / "diffusion_pytorch_model.safetensors"));
}

void train_segmenter(const Rank& rank) {
  constexpr int kSide = 32;
  train::SegmentationSet set({"left", "right"}, 9, kSide, kSide);
  for (std::int64_t i = 0; i < set.size(); ++i) {
    const int left = static_cast<int>(i) + (i % 2 == 0 ? 2 : 14);
    data::RgbImage picture{kSide, kSide, std::vector<std::uint8_t>(3 * kSide * kSide, 60)};
    train::KnownPixels known{std::vector<std::uint16_t>(kSide * kSide, 0), {i % 2}};
    for (int y = 8; y < 20; ++y) {
      for (int x = left; x < left + 8; ++x) {
        const auto at = static_cast<std::size_t>(y * kSide + x);
        known.instances[at] = 1;
        picture.pixels[3 * at + static_cast<std::size_t>(i % 2)] = 220;
      }
    }
    set.fill(i, picture, known);
  }
  train::SegmenterTraining training;
  training.width = 8;
  training.steps = 6;
  training.batch_size = 5;
  train::train_segmenter(set, "bars", training, training_run(rank), rank.folder / "weights");
}

// Two batches an update, and the last of an epoch has fewer pictures than parts.
void train_detector(const Rank& rank, const std::string& network, bool folded) {
  const data::DetectionSet orchards = train::orchard_pictures(0, 7, 64, 5);
  train::DetectorTraining training;
  training.network.name = network;
  training.network.smallest_anchor = 8;
  training.epochs = 2;
  training.batch_size = 5;
  training.accumulate = 2;
  training.close_mosaic = 1;
  if (folded) {
    training.weights = rank.file("folded");
    train::write_folded_yolov8n(training.weights, train::orchard_pictures(20, 4, 64, 5), 1);
  }
  train::TrainingRun run = training_run(rank);
  run.log_every = 1;
  const train::ValidateDetector validate = [&](models::Detector&) {
    if (rank.number() != 0) throw core::Error::internal("only rank 0 validates");
    return train::DetectorScores();
  };
  train::train_detector(orchards, validate, training, run, rank.folder);
  if (rank.number() != 0) return;
  core::write_file_atomic(rank.folder / "weights",
                          core::read_file(rank.folder / "last.safetensors"));
}

// One number, of which rank 0 takes three seconds to save: others that leave are waited for one.
class SlowToSave final : public train::Trainee {
 public:
  explicit SlowToSave(const Rank& rank) : rank_(rank) {}
  std::vector<train::LoggedLoss> losses() override { return {{"loss", &meter_}}; }
  void load(const train::Checkpoint& saved) override {
    number_ = saved.tensors.at("number").clone();
  }
  void update(std::int64_t step) override {
    if (step == 3) rank_.ready();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    number_ += 1;
    meter_.add(number_[0], step + 1);
  }
  core::Json line(std::int64_t /*step*/) override { return core::Json::object(); }
  models::NamedTensors tensors(std::int64_t /*step*/) const override {
    std::this_thread::sleep_for(std::chrono::seconds(3));
    return {{"number", number_}};
  }

 private:
  const Rank& rank_;
  torch::Tensor number_ = torch::zeros({1});
  train::LossMeter meter_{"a number"};
};

void train_slow_to_save(const Rank& rank) {
  SlowToSave trainee(rank);
  train::TrainingRun run = training_run(rank);
  run.checkpoint_every = 100000;
  train::run_training(trainee, run, {{"training", "slow to save"}}, 100000, 1);
}

}  // namespace

bool train_as_rank(const std::string& action, const Rank& rank) {
  const std::map<std::string, std::function<void()>> trainings = {
      {"digits", [&] { train_digits(rank); }},
      {"photos", [&] { train_photos(rank); }},
      {"autoencoder", [&] { train_autoencoder(rank); }},
      {"segmenter", [&] { train_segmenter(rank); }},
      {"yolov8", [&] { train_detector(rank, "yolov8n", false); }},
      {"folded", [&] { train_detector(rank, "yolov8n", true); }},
      {"slow-save", [&] { train_slow_to_save(rank); }},
      {"retinanet", [&] { train_detector(rank, "retinanet_resnet18", false); }}};
  const auto found = trainings.find(action);
  if (found == trainings.end()) return false;
  found->second();
  return true;
}

}  // namespace ersatz::test
