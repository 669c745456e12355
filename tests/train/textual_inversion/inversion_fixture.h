// A Stable Diffusion small enough to learn a word in seconds, and pictures to learn it from.
#pragma once

#include <cstdint>
#include <filesystem>

#include "generate/diffusion/tokenizer/clip_tokenizer.h"
#include "models/diffusion/stable_diffusion.h"
#include "train/textual_inversion/concept_images.h"
#include "train/textual_inversion/textual_inversion_trainer.h"

namespace ersatz::test {

// Random weights; the byte-level tokenizer, in which every letter is a token; latents of 8x8 for
// pictures of 16 px.
class SmallModel {
 public:
  explicit SmallModel(const std::filesystem::path& folder);

  models::StableDiffusion& networks() { return networks_; }
  generate::ClipTokenizer tokenizer() const;
  // Digest over every weight of the three networks.
  std::string digest() const;

 private:
  std::filesystem::path tokenizer_;
  models::StableDiffusion networks_;
};

// `count` painted discs of 16 px.
train::ConceptImages discs(std::int64_t count, std::uint64_t seed = 1);

// The word <x>, which begins as "a", from two short templates.
train::TextualInversionTraining small_inversion(std::int64_t steps, std::int64_t vectors = 1);

// In `folder`, with checkpoints after every four steps and two copies.
train::TextualInversionRun inversion_in(const std::filesystem::path& folder);

}  // namespace ersatz::test
