// Heat maps of a picture that is there already, where DAAM knows only pictures while they are made.
//
// The picture's latents get noise as in training, at several timesteps, and the network, told what
// the picture shows, has to find the picture in the noise; its cross-attention is summed as DAAM
// sums it over the steps of sampling. Nothing is generated: what the maps say is about this very
// picture, so they can be compared with a mask that is known. Sampling begins where the noise hides
// everything; here the timesteps are those at which there is something to see.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "generate/diffusion/prompt_encoder.h"
#include "generate/diffusion/schedulers/noise_training.h"
#include "label/heat_map.h"
#include "label/map_labels.h"
#include "models/diffusion/stable_diffusion.h"

namespace ersatz::label {

struct PictureAttentionOptions {
  // The first and the last timestep looked at, as shares of the timesteps of training; the others
  // lie evenly between them.
  double least_noise = 0.1, most_noise = 0.7;
  std::int64_t looks = 8;
  std::uint64_t seed = 0;  // of the noise
  HeatMapOptions maps;
};

struct AttendedWord {
  std::int64_t class_index = 0;
  std::string word;  // or phrase, or a learned token
};

struct AttendedPicture {
  torch::Tensor pixels;  // float32 [1, 3, H, W] in [-1, 1]
  std::string prompt;
  std::vector<AttendedWord> words;
  std::uint64_t number = 0;  // of its noise
};

class PictureAttention {
 public:
  // `model` and `prompts` must outlive it. Error::usage for impossible options, and for a model
  // that inpaints (9 input channels).
  PictureAttention(models::StableDiffusion& model, const generate::PromptEncoder& prompts,
                   const generate::SchedulerConfig& schedule,
                   const PictureAttentionOptions& options);

  // For each picture the maps of its words at its size, in their order, min-max scaled. Pictures of
  // a batch have one size, multiples of the autoencoder's factor; a token belongs to the first word
  // that has it. What it says of a picture depends on that picture only. Error::usage when a word
  // is not within what the network sees of the prompt.
  std::vector<std::vector<WordMap>> look(const std::vector<AttendedPicture>& pictures);

  // Calls of the network for each picture.
  std::int64_t looks() const { return options_.looks; }

 private:
  struct Word {
    AttendedWord asked;
    std::vector<std::int64_t> rows;
  };
  struct Prompt {
    std::int64_t tokens = 0;
    std::vector<Word> words;
  };
  Prompt read(const AttendedPicture& picture) const;

  models::StableDiffusion& model_;
  const generate::PromptEncoder& prompts_;
  PictureAttentionOptions options_;
  generate::TrainingNoise noise_;
};

}  // namespace ersatz::label
