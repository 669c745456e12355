#include "report/object_drawing.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "core/error.h"

namespace ersatz::report {
namespace {

// Okabe & Ito's palette without black, red-green-blue: also told apart by the colour-blind.
constexpr std::array<std::array<int, 3>, 7> kColours = {{{230, 159, 0},
                                                         {86, 180, 233},
                                                         {0, 158, 115},
                                                         {240, 228, 66},
                                                         {0, 114, 178},
                                                         {213, 94, 0},
                                                         {204, 121, 167}}};
constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;

cv::Scalar colour_of(const DrawnObject& object) {
  const auto& colour = kColours[object.colour % kColours.size()];
  return {static_cast<double>(colour[0]), static_cast<double>(colour[1]),
          static_cast<double>(colour[2])};
}

std::string ascii(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

void tint(cv::Mat& pixels, const data::Rle& mask, const cv::Scalar& colour) {
  if (mask.width != pixels.cols || mask.height != pixels.rows) {
    throw core::Error::internal("a mask of another size than its picture");
  }
  const std::vector<std::uint8_t> inside = data::decode_rle(mask);
  for (int y = 0; y < pixels.rows; ++y) {
    auto* row = pixels.ptr<cv::Vec3b>(y);
    for (int x = 0; x < pixels.cols; ++x) {
      if (inside[static_cast<std::size_t>(y) * static_cast<std::size_t>(pixels.cols) +
                 static_cast<std::size_t>(x)] == 0) {
        continue;
      }
      for (int c = 0; c < 3; ++c) {
        row[x][c] = static_cast<std::uint8_t>((row[x][c] + static_cast<int>(colour[c])) / 2);
      }
    }
  }
}

int px(double x) { return static_cast<int>(std::lround(x)); }

}  // namespace

data::RgbImage draw_objects(const data::RgbImage& picture,
                            const std::vector<DrawnObject>& objects) {
  data::RgbImage drawn = picture;
  cv::Mat pixels(drawn.height, drawn.width, CV_8UC3, drawn.pixels.data());
  const double longer = std::max(drawn.width, drawn.height);
  const int line = std::max(1, px(longer / 320));
  const double scale = std::max(0.35, longer / 1400);
  for (const DrawnObject& object : objects) {
    if (object.mask) tint(pixels, *object.mask, colour_of(object));
  }
  for (const DrawnObject& object : objects) {
    const cv::Scalar colour = colour_of(object);
    const cv::Point corner(px(object.box.x), px(object.box.y));
    const cv::Point opposite(px(object.box.x + object.box.width) - 1,
                             px(object.box.y + object.box.height) - 1);
    cv::rectangle(pixels, corner, opposite, colour, line);
    const std::string caption = ascii(object.caption);
    if (caption.empty()) continue;
    int below = 0;
    const cv::Size size = cv::getTextSize(caption, kFont, scale, line, &below);
    // Above the box where there is room, inside it otherwise.
    const int height = size.height + below + 2;
    const int top = corner.y >= height ? corner.y - height : corner.y;
    cv::rectangle(pixels, {corner.x, top}, {corner.x + size.width + 1, top + height - 1}, colour,
                  cv::FILLED);
    cv::putText(pixels, caption, {corner.x + 1, top + size.height + 1}, kFont, scale,
                cv::Scalar(0, 0, 0), std::max(1, line / 2), cv::LINE_AA);
  }
  return drawn;
}

}  // namespace ersatz::report
