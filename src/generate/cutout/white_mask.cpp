#include "generate/cutout/white_mask.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace ersatz::generate {
namespace {

constexpr int kBright = 200;
constexpr double kBrightShare = 0.1;  // of the border

const std::uint8_t* pixel(const data::RgbImage& photo, int x, int y) {
  return &photo.pixels[3 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(photo.width) +
                            static_cast<std::size_t>(x))];
}

std::vector<cv::Point> border_of(const data::RgbImage& photo) {
  std::vector<cv::Point> points;
  for (int x = 0; x < photo.width; ++x) {
    points.emplace_back(x, 0);
    if (photo.height > 1) points.emplace_back(x, photo.height - 1);
  }
  for (int y = 1; y + 1 < photo.height; ++y) {
    points.emplace_back(0, y);
    if (photo.width > 1) points.emplace_back(photo.width - 1, y);
  }
  return points;
}

bool is_background(const std::uint8_t* rgb, const cv::Vec3f& colour,
                   const WhiteBackground& options) {
  float distance = 0;
  for (int c = 0; c < 3; ++c) {
    distance = std::max(distance, std::abs(static_cast<float>(rgb[c]) - colour[c]));
  }
  if (distance <= static_cast<float>(options.tolerance)) return true;
  const auto [least, most] = std::minmax({rgb[0], rgb[1], rgb[2]});
  return most - least <= options.tolerance && distance <= static_cast<float>(options.shadow);
}

}  // namespace

std::optional<cv::Vec3f> white_background_colour(const data::RgbImage& photo) {
  std::vector<std::uint8_t> channels[3];
  const std::vector<cv::Point> border = border_of(photo);
  for (const cv::Point& point : border) {
    const std::uint8_t* rgb = pixel(photo, point.x, point.y);
    if (std::min({rgb[0], rgb[1], rgb[2]}) < kBright) continue;
    for (int c = 0; c < 3; ++c) channels[c].push_back(rgb[c]);
  }
  const std::size_t bright = channels[0].size();
  if (static_cast<double>(bright) < kBrightShare * static_cast<double>(border.size()) ||
      bright == 0) {
    return std::nullopt;
  }
  cv::Vec3f colour;
  for (int c = 0; c < 3; ++c) {
    const auto middle = channels[c].begin() + static_cast<std::ptrdiff_t>(bright / 2);
    std::nth_element(channels[c].begin(), middle, channels[c].end());
    colour[c] = *middle;
  }
  return colour;
}

cv::Mat white_mask(const data::RgbImage& photo, const cv::Vec3f& background,
                   const WhiteBackground& options, bool inside_too) {
  cv::Mat mask(photo.height, photo.width, CV_8UC1, cv::Scalar(255));
  std::vector<cv::Point> open;
  const auto visit = [&](int x, int y) {
    if (x < 0 || y < 0 || x >= photo.width || y >= photo.height) return;
    std::uint8_t& value = mask.at<std::uint8_t>(y, x);
    if (value == 0 || !is_background(pixel(photo, x, y), background, options)) return;
    value = 0;
    open.emplace_back(x, y);
  };
  for (const cv::Point& point : border_of(photo)) visit(point.x, point.y);
  for (int y = 0; inside_too && y < photo.height; ++y) {
    for (int x = 0; x < photo.width; ++x) visit(x, y);
  }
  while (!open.empty()) {
    const cv::Point at = open.back();
    open.pop_back();
    visit(at.x - 1, at.y);
    visit(at.x + 1, at.y);
    visit(at.x, at.y - 1);
    visit(at.x, at.y + 1);
  }
  return mask;
}

}  // namespace ersatz::generate
