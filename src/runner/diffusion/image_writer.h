// Writes finished images while the next ones are computed.
#pragma once

#include <filesystem>
#include <future>
#include <utility>
#include <vector>

#include "core/json.h"
#include "data/images/rgb_image.h"
#include "runner/diffusion/image_folder.h"

namespace ersatz::runner {

class ImageWriter {
 public:
  explicit ImageWriter(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Starts encoding and writing an image, on a thread of its own; waits while eight are under way.
  void write(const WantedImage& image, data::RgbImage pixels, core::Json record);

  // Waits for all; throws what went wrong with any. The destructor waits, too.
  void finish();

 private:
  std::filesystem::path folder_;
  std::vector<std::future<void>> under_way_;
};

}  // namespace ersatz::runner
