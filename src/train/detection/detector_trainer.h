// Trains a detector on pictures with boxes: Ultralytics' recipe for YOLO (2023), with its parts as
// parameters, for every family of models/detection.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/json.h"
#include "data/detection/detection_augmentation.h"
#include "data/detection/detection_set.h"
#include "models/detection/detector_zoo.h"
#include "train/training_run.h"

namespace ersatz::train {

enum class DetectorOptimiser {
  // Ultralytics' "auto": SGD for more than 10,000 updates, else AdamW with the rate 0.002 * 5 / (4
  // +
  // classes) and no other rate for biases.
  kAuto,
  kSgd,
  kAdamW,
};

enum class TrainingType { kFloat32, kBFloat16, kFloat16 };  // the last two: autocast, CUDA only

// "auto", "sgd", "adamw"; "float32", "bfloat16", "float16". Error::unknown otherwise.
DetectorOptimiser parse_detector_optimiser(const std::string& name);
TrainingType parse_training_type(const std::string& name);

// The defaults are Ultralytics' (default.yaml, 2023), except that batches are taken as they are
// instead of being gathered up to 64 pictures: `accumulate` says so explicitly.
struct DetectorTraining {
  models::DetectorArchitecture network;  // its classes are those of the pictures
  // Weights to begin with (models/detection/detector_weights.h); empty: random ones. Those with
  // folded normalisation are calibrated (norm_calibration.h) with the first 128 pictures or the
  // first epoch, whichever is less, in whole batches as they are augmented there.
  std::filesystem::path weights;
  bool frozen_norms = false;  // normalisation by the weights' running moments, not trained
  data::DetectionAugmentation augmentation;
  std::int64_t epochs = 100;
  std::int64_t batch_size = 16;
  std::int64_t accumulate = 1;     // batches of an update
  std::int64_t close_mosaic = 10;  // last epochs without mosaic
  DetectorOptimiser optimiser = DetectorOptimiser::kAuto;
  double learning_rate = 0.01;  // not of kAuto's AdamW
  double final_share = 0.01;    // of the learning rate, at the end
  bool cosine = false;          // down to it along half a cosine instead of a line; epoch by epoch
  double momentum = 0.937;      // AdamW: beta1
  double weight_decay = 5e-4;   // of kernels only
  double warmup_epochs = 3;     // at least 100 updates, unless 0
  double warmup_momentum = 0.8, warmup_bias_rate = 0.1;
  double clip_norm = 10;  // of all gradients together; 0: none
  double ema_decay = 0.9999, ema_ramp = 2000;
  TrainingType type = TrainingType::kFloat32;
  std::int64_t validate_every = 1;  // epochs; and after the last
};

// The recipe by name, for provenance.
core::Json describe(const DetectorTraining& training);

struct DetectorScores {
  std::array<double, 12> coco = {};  // COCO's summary; -1: nothing to find
  double ap() const { return coco[0]; }
  double ap50() const { return coco[1]; }
};

// Looks at the validation pictures with a network in evaluation mode; gives COCO's numbers. May be
// empty: then there is no best epoch but the last.
using ValidateDetector = std::function<DetectorScores(models::Detector&)>;

struct DetectorEpoch {
  std::int64_t epoch = 0;  // 1 is the first
  double loss = 0;         // mean over the epoch's updates
  DetectorScores scores;   // of the averaged weights
};
core::Json to_json(const DetectorEpoch& epoch);

struct DetectorTrainingResult {
  std::int64_t steps = 0;             // updates done so far, over all processes that worked on it
  bool finished = false;              // false when TrainingRun::stop_after ended it
  std::vector<DetectorEpoch> epochs;  // validated ones
  std::int64_t best_epoch = 0;        // the weights in best.safetensors are of; 0: none yet
  double images_per_second = 0;       // of this process, validation included
  std::vector<std::string> drawn;     // parameters that are not from `weights`
};

// Minimises the loss of the network's family. Every epoch visits each picture once in an order
// keyed by (seed, epoch), augmented by draws keyed by (seed, epoch, picture), on a thread beside
// the network. A moving average of the weights is validated and written: folder/last.safetensors
// after every validation and folder/best.safetensors when 0.9 AP + 0.1 AP50 is higher than before
// (models/detection/detector_file.h).
//
// With run.ranks the processes share each batch, part by part, and rank 0 alone validates and
// writes. The losses of YOLO are divided by the weights that were given in their part, as Ultralytics
// divides them on each GPU: other parts teach slightly otherwise.
//
// Continues from run.checkpoint_folder; on the CPU the result is bit-identical to an uninterrupted
// run with the same number of threads. Error::usage for a set without boxes, a picture size that is
// no multiple of 32, impossible settings or a checkpoint of another configuration; Error::numeric
// (exit 20) before the weights are touched when a loss or, on the CPU, the norm of an update's
// gradients is not finite, naming the update and its pictures; core::Interrupted at a checkpoint
// after SIGINT or SIGTERM.
DetectorTrainingResult train_detector(const data::DetectionSet& train,
                                      const ValidateDetector& validate,
                                      const DetectorTraining& training, const TrainingRun& run,
                                      const std::filesystem::path& folder);

}  // namespace ersatz::train
