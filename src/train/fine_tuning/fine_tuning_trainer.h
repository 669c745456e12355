// Fine-tuning a Stable Diffusion model on a few pictures: DreamBooth (Ruiz et al. 2023), which
// trains the UNet's own weights, and LoRA (Hu et al. 2021), which trains factors beside them. The
// autoencoder stays as it is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "data/captioned_image.h"
#include "generate/diffusion/tokenizer/clip_tokenizer.h"
#include "models/diffusion/lora.h"
#include "models/diffusion/stable_diffusion.h"
#include "train/fine_tuning/fine_tuning_training.h"
#include "train/training_run.h"

namespace ersatz::train {

// Squares of one size, a multiple of the autoencoder's factor.
struct FineTuningPictures {
  std::vector<data::CaptionedImage> instance;
  // Of its class, for prior preservation (class_pictures.h makes them); none: without.
  std::vector<data::CaptionedImage> prior;
};

struct FineTuningRun {
  TrainingRun run;  // `device` is not looked at: the model is where it is
  // What tells the model from others: a digest of its files, and its name. Checkpoints keep the
  // digest, a written LoRA both.
  std::string model, model_name;
  // On the CPU: parts of a batch, of all ranks together, which are computed side by side, each on
  // one thread; 0: as many as libtorch has threads. Results are bit-identical only for equal
  // numbers.
  std::int64_t copies = 0;
  std::int64_t snapshot_every = 0;  // steps; also before the first and after the last. 0: never
  // The model computes with what was learned in `step` updates as long as this runs. It may sample,
  // and must not change a weight.
  std::function<void(std::int64_t step)> on_snapshot;
};

struct FineTuningResult {
  std::int64_t steps = 0;
  bool finished = false;          // false when TrainingRun::stop_after ended it
  double loss = 0;                // mean over the last logging interval
  double samples_per_second = 0;  // of this process; class pictures not counted
  // A LoRA, on the CPU, to be merged (models::LoraMerge); empty for DreamBooth.
  std::vector<models::LoraFactor> factors;
};

// In the folder of a training.
inline constexpr const char* kTrainedModel = "model";
std::string lora_weights_at(std::int64_t step);  // "pytorch_lora_weights-steps-500.safetensors"

// When finished, writes to `folder` the whole model in diffusers' layout (kTrainedModel), or the
// LoRA (models::kLoraWeights); a LoRA also with every checkpoint, lora_weights_at(step). Keeps the
// pictures' latents in folder/latents.
//
// After DreamBooth `model` itself is the trained one (its UNet in float32, as its text encoder when
// that is trained), also when this throws; after LoRA it is what it was, bit for bit, and so is in
// both cases every network that is not trained. A model that another training has changed is not
// the one to go on with: load it anew.
//
// With run.ranks the processes share each batch and rank 0 alone writes: the latents, which every
// rank keeps in a `folder` of its own, are the exception.
//
// Pictures come in a new order in every epoch; captions of a picture, mirror images and timesteps
// are equally likely; sample k of the training depends on (seed, k) only. Continues from
// run.checkpoint_folder; on the CPU the result is bit-identical to an uninterrupted training with
// the same number of copies. With a constant rate a training may go on with more steps than it was
// begun with.
//
// Errors: Error::usage (settings, LoRA targets, pictures of a size that the autoencoder cannot
// take, an inpainting model, a checkpoint of another training), Error::numeric (exit 20) naming the
// step when a loss or a weight is not finite, Error::io; Interrupted after a checkpoint when a
// signal is pending.
FineTuningResult fine_tune(models::StableDiffusion& model, const generate::ClipTokenizer& tokenizer,
                           const FineTuningPictures& pictures, const FineTuningTraining& training,
                           const FineTuningRun& how, const std::filesystem::path& folder);

}  // namespace ersatz::train
