#include "label/dataset/mask_outlines.h"

#include <fmt/format.h>

#include <cstdint>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "core/error.h"
#include "data/images/image_file.h"

namespace ersatz::label {
namespace {

// The mask inside `box`, twice as fine, so that the corners of pixels are points.
cv::Mat fine_mask(const data::Rle& rle, const data::PixelBox& box) {
  cv::Mat fine = cv::Mat::zeros(2 * box.height, 2 * box.width, CV_8UC1);
  const auto height = static_cast<std::uint64_t>(rle.height);
  std::uint64_t at = 0;
  for (std::size_t i = 0; i < rle.counts.size(); ++i) {
    const std::uint64_t end = at + rle.counts[i];
    for (; i % 2 == 1 && at < end; ++at) {
      const int x = 2 * (static_cast<int>(at / height) - box.x);
      const int y = 2 * (static_cast<int>(at % height) - box.y);
      for (const int row : {y, y + 1}) {
        std::uint8_t* pixels = fine.ptr<std::uint8_t>(row) + x;
        pixels[0] = pixels[1] = 1;
      }
    }
    at = end;
  }
  return fine;
}

}  // namespace

std::vector<Outline> mask_outlines(const data::Rle& rle, const std::filesystem::path& source) {
  // A picture may be large and its objects small.
  const data::PixelBox box = data::rle_box(rle);
  if (box.width == 0) return {};
  if (std::int64_t{box.width} * box.height > data::kMaxImagePixels) {
    throw core::Error::untrusted(
        source, fmt::format("a mask over {} x {} px; outlines are made of at most {} million",
                            box.width, box.height, data::kMaxImagePixels / 1'000'000));
  }
  std::vector<std::vector<cv::Point>> contours;
  cv::findContours(fine_mask(rle, box), contours, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_SIMPLE,
                   {2 * box.x, 2 * box.y});
  std::vector<Outline> outlines;
  for (const auto& contour : contours) {
    if (contour.size() < 3) continue;
    Outline outline;
    for (const cv::Point& point : contour) {
      outline.push_back((point.x + 0.5) / 2);
      outline.push_back((point.y + 0.5) / 2);
    }
    outlines.push_back(std::move(outline));
  }
  return outlines;
}

}  // namespace ersatz::label
