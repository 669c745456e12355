#include "runner/training/validation_pictures.h"

#include <vector>

#include "core/file_system.h"
#include "data/images/png_codec.h"
#include "generate/diffusion/pipeline.h"
#include "generate/diffusion/rgb_pictures.h"
#include "generate/diffusion/schedulers/scheduler_config.h"
#include "runner/training/sample_grid.h"

namespace ersatz::runner {

void write_validation_pictures(models::StableDiffusion& model,
                               const generate::PromptEncoder& encoder,
                               const ValidationPictures& pictures,
                               const std::filesystem::path& file) {
  generate::SamplingRequest request;
  request.prompts = {pictures.prompt};
  request.scheduler = generate::parse_scheduler_config(model.scheduler, "scheduler");
  request.steps = pictures.steps;
  const std::int64_t factor = model.autoencoder->config().factor();
  const std::int64_t latents = model.unet->config().sample_size;
  constexpr std::int64_t kUsualLatents = 64;
  request.width = request.height = (latents > 0 ? latents : kUsualLatents) * factor;
  std::vector<data::RgbImage> row;
  // One at a time: next to the training there is room for little.
  for (std::int64_t i = 0; i < pictures.count; ++i) {
    request.seeds = {static_cast<std::uint64_t>(i)};
    row.push_back(generate::rgb_images(generate::sample(model, encoder, request).images).front());
  }
  core::write_file_atomic(file,
                          data::encode_png(tile_pictures({row}), {{"prompts", pictures.prompt}}));
}

}  // namespace ersatz::runner
