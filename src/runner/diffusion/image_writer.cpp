#include "runner/diffusion/image_writer.h"

#include <cstddef>
#include <utility>

namespace ersatz::runner {

namespace {

constexpr std::size_t kMostAtOnce = 8;  // a batch may have a thousand images

}  // namespace

void ImageWriter::write(const WantedImage& image, data::RgbImage pixels, core::Json record) {
  if (under_way_.size() >= kMostAtOnce) under_way_[under_way_.size() - kMostAtOnce].wait();
  under_way_.push_back(
      std::async(std::launch::async,
                 [folder = folder_, image, pixels = std::move(pixels), record = std::move(record)] {
                   write_finished_image(folder, image, pixels, record);
                 }));
}

void ImageWriter::finish() {
  std::vector<std::future<void>> waiting = std::move(under_way_);
  under_way_.clear();
  for (std::future<void>& one : waiting) one.wait();
  for (std::future<void>& one : waiting) one.get();
}

}  // namespace ersatz::runner
