#include "label/dataset/mask_outlines.h"

#include <cstdint>
#include <opencv2/imgproc.hpp>
#include <utility>

namespace ersatz::label {

std::vector<Outline> mask_outlines(const data::Rle& rle) {
  std::vector<std::uint8_t> pixels = data::decode_rle(rle);
  // Twice as fine, so that the corners of pixels are points.
  cv::Mat mask(rle.height, rle.width, CV_8UC1, pixels.data()), fine;
  cv::resize(mask, fine, {}, 2, 2, cv::INTER_NEAREST);
  std::vector<std::vector<cv::Point>> contours;
  cv::findContours(fine, contours, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_SIMPLE);
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
