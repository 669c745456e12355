// Trains the image autoencoder of a latent diffusion model (AutoencoderKL) from scratch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "data/captioned_image.h"
#include "models/diffusion/autoencoder_config.h"
#include "train/diffusion/autoencoder_loss.h"
#include "train/ema.h"
#include "train/learning_rate.h"
#include "train/training_run.h"

namespace ersatz::train {

struct AutoencoderTraining {
  models::AutoencoderConfig network;  // its scaling factor is measured, not given
  std::int64_t side = 128;  // px of the squares it is trained on; a multiple of the factor
  std::int64_t steps = 4000;
  std::int64_t batch_size = 8;
  LearningRateSchedule learning_rate{ScheduleKind::kCosine, 1e-3, 0, 0, 100};
  AutoencoderLossWeights loss;
  double beta1 = 0.9, beta2 = 0.99;
  double weight_decay = 0;     // decoupled (AdamW), on matrices and kernels
  double gradient_clip = 1.0;  // largest norm of all gradients together; 0: no clipping
  EmaOptions ema{0.999};
  // What layers compute in: "fp32" or "bf16" (weights, losses and updates stay in float32).
  std::string dtype = "fp32";
  std::int64_t held_out = 256;     // pictures that quality is measured on at the end
  std::int64_t quality_every = 0;  // steps between measurements for the log; 0: at the end only
};

// Where the pictures come from. `name` identifies both supplies: a checkpoint made with another
// name is not continued.
struct AutoencoderImages {
  data::CaptionedImages training, held_out;
  std::string name;
};

struct AutoencoderTrainingResult {
  std::int64_t steps = 0;        // done so far, over all processes that worked on it
  bool finished = false;         // false when TrainingRun::stop_after ended it
  double loss = 0;               // mean over the last logging interval
  double images_per_second = 0;  // of this process
  // Of the averaged weights on the held-out pictures, when finished; on rank 0.
  double psnr = 0;  // dB
  double latent_deviation = 0;
  double scaling_factor = 0;  // 1 / latent_deviation
};

// Minimises autoencoder_loss of decode(sample of encode(picture)) by AdamW on pictures 0, 1, 2, ...
// of images.training, each once. With run.ranks the processes share each batch; rank 0 alone
// measures and writes. When finished, measures the averaged weights on the held-out
// pictures and writes them with the scaling factor to `folder` as a diffusers vae/ folder
// (models/diffusion/autoencoder_folder.h).
//
// Continues from run.checkpoint_folder; on the CPU the result is bit-identical to an uninterrupted
// run with the same number of threads. Throws Error::usage for settings that cannot be trained or a
// checkpoint of another configuration; Error::numeric (exit 20) naming the step when a loss or
// weight is not finite; core::Interrupted at a checkpoint after SIGINT or SIGTERM.
AutoencoderTrainingResult train_autoencoder(const AutoencoderImages& images,
                                            const AutoencoderTraining& training,
                                            const TrainingRun& run,
                                            const std::filesystem::path& folder);

}  // namespace ersatz::train
