// Textual inversion (Gal et al. 2022): a new word of a Stable Diffusion model is learned from a few
// pictures. Only the word's own vectors change; every weight of the model stays as it is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "generate/diffusion/textual_inversion.h"
#include "generate/diffusion/tokenizer/clip_tokenizer.h"
#include "models/diffusion/stable_diffusion.h"
#include "train/textual_inversion/concept_images.h"
#include "train/textual_inversion/textual_inversion_training.h"
#include "train/training_run.h"

namespace ersatz::train {

struct TextualInversionSnapshot {
  std::int64_t step = 0;  // updates done
  generate::TextualInversion embedding;
};

struct TextualInversionRun {
  TrainingRun run;  // `device` is not looked at: the model is where it is
  // What tells the model from others: a digest of its files, and its name. Checkpoints keep the
  // digest, the written embeddings both.
  std::string model, model_name;
  // On the CPU: parts of a batch that are computed side by side, each on one thread; 0: as many as
  // libtorch has threads. Results are bit-identical only for equal numbers.
  std::int64_t copies = 0;
  std::int64_t snapshot_every = 0;  // steps; also before the first and after the last. 0: never
  // A checkpoint of the same step is on disk when it is called; when a run continues at such a
  // step it is called again.
  std::function<void(const TextualInversionSnapshot&)> on_snapshot;
};

struct TextualInversionResult {
  std::int64_t steps = 0;
  bool finished = false;  // false when TrainingRun::stop_after ended it
  double loss = 0;        // mean over the last logging interval
  // Of the same samples before the first and after the last step (LearnedVectors::fixed_loss).
  double fixed_loss_before = 0, fixed_loss = 0;
  double samples_per_second = 0;         // of this process
  generate::TextualInversion embedding;  // float32 on the CPU
};

// In the folder of a training: diffusers' format, and the same after every checkpoint_every steps.
inline constexpr const char* kLearnedEmbeddings = "learned_embeds.safetensors";
std::string learned_embeddings_at(std::int64_t step);  // "learned_embeds-steps-500.safetensors"

// When finished, writes the vectors to `folder` in two formats: kLearnedEmbeddings (diffusers) and
// <token without brackets>.pt (AUTOMATIC1111). Keeps the pictures' latents in folder/latents.
//
// `tokenizer`: the model's own, without the new word. Pictures come in a new order in every epoch,
// templates, mirror images and timesteps are equally likely; sample k of the training depends on
// (seed, k) only. The log also has the loss of fixed samples: at the beginning, with every
// checkpoint and at the end. Continues from run.checkpoint_folder; on the CPU the result is
// bit-identical to an uninterrupted training with the same number of copies. With a constant rate a
// training may go on with more steps than it was begun with.
//
// Errors: Error::usage (settings, token, initializer, templates, pictures of a size that the
// autoencoder cannot take, an inpainting model, a checkpoint of another training), Error::numeric
// (exit 20) naming the step when the loss or a vector is not finite, Error::io, Error::internal
// should a row of another token have changed; Interrupted after a checkpoint when a signal is
// pending.
TextualInversionResult train_textual_inversion(models::StableDiffusion& model,
                                               generate::ClipTokenizer tokenizer,
                                               const ConceptImages& images,
                                               const TextualInversionTraining& training,
                                               const TextualInversionRun& how,
                                               const std::filesystem::path& folder);

}  // namespace ersatz::train
