// A family of detectors as a profile sets it up, and the training that all of them share.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/experiment.h"
#include "data/detection/detection_set.h"
#include "train/detection/detector_trainer.h"

namespace ersatz::apples {

struct Family {
  std::string name;     // "yolov8"
  std::string network;  // "yolov8n"
  std::int64_t seeds = 0, updates = 0, batch_size = 0;
  std::string optimiser;     // "auto", "adamw", "sgd"
  double learning_rate = 0;  // not of "auto"
  // What it begins with: "": random; "drawn": its pretraining stage; else a manifest.
  std::string weights;
  std::filesystem::path weights_file;  // of a manifest
  std::string weights_digest;
  double smallest_anchor = 32;  // px, of RetinaNet

  bool pretrained_here() const { return weights == "drawn"; }
};

// Error::unknown for a family, Error::usage for settings that make no training.
Family family(core::RunContext& run, const std::string& name);
std::vector<Family> families(core::RunContext& run);  // those of detectors.families

// The seeds it is trained with: the first so many of the run's.
std::vector<std::int64_t> seeds_of(core::RunContext& run, const Family& family);

// What a training of it depends on besides its pictures and seed.
core::Json training_settings(const core::Config& config, const Family& family);
// Makes the weights it begins with an input of a stage.
void use_weights(const Family& family, core::StageSpec& spec);
std::filesystem::path weights_of(const Family& family, const core::StageContext& stage);

// Work of a training of so many updates, for its stage: pictures, seconds on 2 cores, and what that
// depends on.
void add_cost(const core::Config& config, const Family& family, std::int64_t updates,
              core::StageSpec& spec);

// What it learned: folder/detector.safetensors.
inline constexpr const char* kDetectorFile = "detector.safetensors";
struct Learning {
  std::string device;
  std::int64_t updates = 0, checkpoint_every = 0;
  std::uint64_t seed = 0;
  std::filesystem::path weights;  // to begin with
  // As in train::TrainingRun: of collective stages.
  compute::RankGroup* ranks = nullptr;
  std::int64_t parts = 0;
};
// As the run has it, for a collective stage of so many updates; without weights.
Learning learning(const core::RunContext& run, std::int64_t updates, std::int64_t seed);
Learning beginning_with(Learning how, const std::filesystem::path& weights);
// `updates` updates, or as many more as finish the epoch; the last averaged weights, chosen by
// nothing: no real picture has a say in what is trained on generated ones. Returns {"pictures",
// "boxes", "updates", "images_per_second", "loss"}; without a box nothing is trained. Of several
// ranks the first writes.
core::Json learn(const data::DetectionSet& set, const core::Config& config, const Family& family,
                 const Learning& how, core::StageContext& stage);

// The stage pretraining/<family>: fruits on a surface, one class. Stands for COCO's weights.
std::string add_pretraining(core::RunContext& run, core::StageGraph& graph, const Family& family);

}  // namespace ersatz::apples
