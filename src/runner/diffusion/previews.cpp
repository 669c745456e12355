#include "runner/diffusion/previews.h"

#include <fmt/format.h>
#include <torch/types.h>

#include "core/file_system.h"
#include "core/log.h"
#include "data/images/png_codec.h"
#include "generate/diffusion/decode.h"
#include "generate/diffusion/preview.h"
#include "runner/diffusion/image_tensors.h"

namespace ersatz::runner {

Previews::Previews(const GenerateOptions& options, models::StableDiffusion& model)
    : folder_(options.preview), every_(options.preview_every), model_(model) {
  if (options.preview.empty()) return;
  if (!options.taesd.empty()) {
    tiny_ = models::load_tiny_autoencoder(options.taesd);
    tiny_->to(model.device);
  } else {
    core::log_info("previews are decoded by the model itself; --taesd makes them cheap");
  }
}

void Previews::on_step(const generate::SamplingStep& step, const std::vector<std::string>& stems) {
  if (folder_.empty() || (step.index + 1) % every_ != 0 || step.index + 1 == step.total) return;
  std::vector<data::RgbImage> pictures;
  if (tiny_) {
    const torch::Tensor pixels = generate::preview_images(*tiny_, step);
    for (std::int64_t i = 0; i < pixels.size(0); ++i) pictures.push_back(rgb_image(pixels[i]));
  } else {
    generate::DecodeOptions decode;
    decode.type = model_.compute_type;
    pictures = rgb_images(generate::decode_latents(*model_.autoencoder, step.denoised(), decode));
  }
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    core::write_file_atomic(folder_ / fmt::format("{}_{:03d}.png", stems[i], step.index + 1),
                            data::encode_png(pictures[i]));
  }
}

}  // namespace ersatz::runner
