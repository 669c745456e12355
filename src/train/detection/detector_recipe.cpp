#include "train/detection/detector_recipe.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/digest.h"
#include "core/error.h"
#include "core/suggest.h"

namespace ersatz::train {

namespace {

constexpr std::array<const char*, 12> kScores = {"AP",  "AP50", "AP75",  "APs", "APm", "APl",
                                                 "AR1", "AR10", "AR100", "ARs", "ARm", "ARl"};
constexpr std::array<const char*, 3> kOptimisers = {"auto", "sgd", "adamw"};
constexpr std::array<const char*, 3> kTypes = {"float32", "bfloat16", "float16"};

template <std::size_t N>
std::size_t index_of(const std::array<const char*, N>& names, const std::string& name,
                     const char* what) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    const std::vector<std::string> known(names.begin(), names.end());
    throw core::unknown_name(what, name, known);
  }
  return static_cast<std::size_t>(found - names.begin());
}

}  // namespace

DetectorOptimiser parse_detector_optimiser(const std::string& name) {
  return static_cast<DetectorOptimiser>(index_of(kOptimisers, name, "optimiser"));
}

TrainingType parse_training_type(const std::string& name) {
  return static_cast<TrainingType>(index_of(kTypes, name, "type to train in"));
}

core::Json describe(const DetectorTraining& training) {
  return {{"network", training.network.name},
          {"smallest_anchor", training.network.smallest_anchor},
          {"weights", training.weights.empty() ? "" : "yes"},
          {"frozen_norms", training.frozen_norms},
          {"augmentation", data::describe(training.augmentation)},
          {"epochs", training.epochs},
          {"batch_size", training.batch_size},
          {"accumulate", training.accumulate},
          {"close_mosaic", training.close_mosaic},
          {"optimiser", kOptimisers[static_cast<std::size_t>(training.optimiser)]},
          {"learning_rate", training.learning_rate},
          {"final_share", training.final_share},
          {"cosine", training.cosine},
          {"momentum", training.momentum},
          {"weight_decay", training.weight_decay},
          {"warmup_epochs", training.warmup_epochs},
          {"warmup_momentum", training.warmup_momentum},
          {"warmup_bias_rate", training.warmup_bias_rate},
          {"clip_norm", training.clip_norm},
          {"ema_decay", training.ema_decay},
          {"ema_ramp", training.ema_ramp},
          {"type", kTypes[static_cast<std::size_t>(training.type)]},
          {"validate_every", training.validate_every}};
}

void check_training(const data::DetectionSet& set, const DetectorTraining& training) {
  const auto refuse = [](bool bad, const std::string& message) {
    if (bad) throw core::Error::usage(message);
  };
  refuse(set.pictures.empty(), "there are no pictures to train a detector on");
  const bool any = std::any_of(
      set.pictures.begin(), set.pictures.end(), [](const data::DetectionPicture& picture) {
        return std::any_of(picture.boxes.begin(), picture.boxes.end(),
                           [](const data::ObjectBox& box) { return !box.crowd; });
      });
  refuse(!any, "there is not one box to train a detector on");
  refuse(set.size < 32 || set.size % 32 != 0,
         fmt::format("detectors train on pictures whose side is a multiple of 32 px, not {}",
                     set.size));
  for (const data::DetectionPicture& picture : set.pictures) {
    for (const data::ObjectBox& box : picture.boxes) {
      refuse(
          box.class_index < 0 || box.class_index >= static_cast<std::int64_t>(set.classes.size()),
          fmt::format("picture '{}' has an object of class {} of {}", picture.name, box.class_index,
                      set.classes.size()));
      // Written such that NaN is refused.
      refuse(!(box.x0 >= 0 && box.y0 >= 0 && box.x0 < box.x1 && box.y0 < box.y1 &&
               box.x1 <= static_cast<float>(picture.image.width) + 1 &&
               box.y1 <= static_cast<float>(picture.image.height) + 1),
             fmt::format("picture '{}' has a box {}, {}, {}, {}", picture.name, box.x0, box.y0,
                         box.x1, box.y1));
    }
  }
  refuse(training.epochs < 1 || training.batch_size < 1 || training.accumulate < 1 ||
             training.validate_every < 1,
         "epochs, batch size, batches of an update and epochs between validations are at least 1");
  refuse(!(training.learning_rate > 0 && training.weight_decay >= 0 && training.clip_norm >= 0 &&
           training.warmup_epochs >= 0 && training.ema_ramp >= 0),
         "the learning rate is above 0; decay, clipping and warm-up are not below it");
  const auto share = [](double x) { return x >= 0 && x <= 1; };
  refuse(!share(training.final_share) || !share(training.momentum) ||
             !share(training.warmup_momentum) || training.momentum == 1,
         "momentum and the last learning rate's share lie between 0 and 1");
  data::check(training.augmentation);
}

core::Json training_configuration(const data::DetectionSet& set, const DetectorTraining& training,
                                  const TrainingRun& run) {
  core::Json result = describe(training);
  result["training"] = "detector";
  result["pictures"] = data::detection_digest(set);
  result["classes"] = set.classes;
  result["seed"] = run.seed;
  if (parts_of(run) > 1) result["parts"] = parts_of(run);
  if (!training.weights.empty()) result["weights"] = core::sha256_file(training.weights);
  return result;
}

core::Json to_json(const DetectorEpoch& epoch) {
  core::Json json = {{"epoch", epoch.epoch}, {"epoch_loss", epoch.loss}};
  for (std::size_t i = 0; i < kScores.size(); ++i) json[kScores[i]] = epoch.scores.coco[i];
  return json;
}

DetectorEpoch epoch_of(const core::Json& json) {
  DetectorEpoch epoch;
  epoch.epoch = json.at("epoch").get<std::int64_t>();
  epoch.loss = json.at("epoch_loss").get<double>();
  for (std::size_t i = 0; i < kScores.size(); ++i) {
    epoch.scores.coco[i] = json.at(kScores[i]).get<double>();
  }
  return epoch;
}

}  // namespace ersatz::train
