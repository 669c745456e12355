// A small Stable Diffusion model with random weights and a byte-level tokenizer.
#pragma once

#include <string>

#include "generate/diffusion/pipeline.h"
#include "models/diffusion/byte_vocabulary.h"
#include "models/diffusion/random_stable_diffusion.h"
#include "support/test_support.h"

namespace ersatz::test {

struct RandomModel {
  // See models/diffusion/architecture.h for the names.
  explicit RandomModel(const std::string& architecture, std::uint64_t seed = 1)
      : model(models::random_stable_diffusion(architecture, seed)),
        encoder(model.text_encoder, byte_tokenizer(folder.path())) {}

  static generate::ClipTokenizer byte_tokenizer(const std::filesystem::path& folder) {
    models::write_byte_vocabulary(folder);
    return generate::ClipTokenizer::load(folder);
  }

  TemporaryFolder folder;
  models::StableDiffusion model;
  generate::PromptEncoder encoder;
};

}  // namespace ersatz::test
