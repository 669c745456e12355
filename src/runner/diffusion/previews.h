// --preview: pictures of the images while they form.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "generate/diffusion/pipeline.h"
#include "models/diffusion/stable_diffusion.h"
#include "models/diffusion/tiny_autoencoder.h"
#include "runner/diffusion/generate_options.h"

namespace ersatz::runner {

class Previews {
 public:
  // Does nothing without --preview. With --taesd its small decoder is used, otherwise the model's
  // own, which costs about as much as a step. `model` must outlive this.
  Previews(const GenerateOptions& options, models::StableDiffusion& model);

  // Call at every step; writes <folder>/<stem>_<step>.png for each image of the batch, every
  // --preview-every steps.
  void on_step(const generate::SamplingStep& step, const std::vector<std::string>& stems);

 private:
  std::filesystem::path folder_;
  std::int64_t every_;
  models::StableDiffusion& model_;
  std::shared_ptr<models::TinyAutoencoder> tiny_;
};

}  // namespace ersatz::runner
