// Applies a trained PixelDA generator to labelled images.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/progress.h"
#include "data/labelled_images.h"

namespace ersatz::generate {

struct TransferOptions {
  std::uint64_t seed = 0;
  std::string device = "cpu";  // as accepted by compute::resolve_device
  std::int64_t batch_size = 100;
  // Index of the first image in the whole set, so that parts can be transferred separately.
  std::int64_t first_index = 0;
  core::Progress* progress = nullptr;  // counts images; may be null
};

// Transfers `images` with the generator in `weights_file` (as written by train::train_pixelda);
// labels are inherited. The noise of image k depends only on (seed, first_index + k), and batch
// normalisation uses the running statistics, as the reference implementation does when it exports
// images; so image k does not depend on the batch it is in. Pixels 0..255, black background.
// Throws Error::usage when the image size is not the generator's, Error::numeric when a pixel is
// not finite, and the errors of models::load_safetensors.
data::LabelledImages transfer_images(const std::filesystem::path& weights_file,
                                     const data::LabelledImages& images,
                                     const TransferOptions& options);

}  // namespace ersatz::generate
