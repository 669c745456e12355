#include "label/mask_contour.h"

#include <cstdint>
#include <opencv2/imgproc.hpp>

namespace ersatz::label {

std::vector<PolygonPoint> largest_contour(const data::Rle& mask) {
  std::vector<std::uint8_t> pixels = data::decode_rle(mask);
  const cv::Mat view(mask.height, mask.width, CV_8UC1, pixels.data());
  std::vector<std::vector<cv::Point>> contours;
  cv::findContours(view, contours, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_SIMPLE);
  const std::vector<cv::Point>* largest = nullptr;
  for (const auto& contour : contours) {
    if (contour.size() < 3) continue;
    if (largest == nullptr || cv::contourArea(contour) > cv::contourArea(*largest)) {
      largest = &contour;
    }
  }
  std::vector<PolygonPoint> polygon;
  if (largest == nullptr) return polygon;
  for (const cv::Point& point : *largest) polygon.push_back({point.x, point.y});
  return polygon;
}

}  // namespace ersatz::label
