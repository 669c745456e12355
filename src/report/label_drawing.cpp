#include "report/label_drawing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "core/error.h"
#include "report/palette.h"

namespace ersatz::report {
namespace {

constexpr int kSmallest = 256;  // px, of the longer side
constexpr int kGap = 6;         // px, between panels
constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
constexpr double kFill = 0.25, kMaskFill = 0.65, kHeat = 0.55;  // shares of colour

double scale_of(int width, int height, int largest = kLargestDrawing) {
  const int side = std::max(width, height);
  if (side < 1) throw core::Error::internal("labels drawn on an empty picture");
  if (side > largest) return static_cast<double>(largest) / side;
  return side >= kSmallest ? 1 : (kSmallest + side - 1) / side;
}

cv::Mat scaled(const cv::Mat& picture, double scale) {
  cv::Mat result;
  const cv::Size size(std::max(1, cvRound(picture.cols * scale)),
                      std::max(1, cvRound(picture.rows * scale)));
  cv::resize(picture, result, size, 0, 0,
             scale < 1   ? cv::INTER_AREA
             : scale > 1 ? cv::INTER_NEAREST
                         : cv::INTER_LINEAR);
  return result;
}

// OpenCV has no view of constant pixels; nobody writes to these.
cv::Mat view_of(const data::RgbImage& image) {
  return cv::Mat(image.height, image.width, CV_8UC3,
                 const_cast<std::uint8_t*>(image.pixels.data()));
}

data::RgbImage image_of(const cv::Mat& mat) {
  data::RgbImage image{mat.cols, mat.rows, {}};
  image.pixels.assign(mat.data, mat.data + mat.total() * 3);
  return image;
}

// Without black, which is lost in shadows; vermillion first: it stands out from most pictures.
cv::Scalar colour_of(std::size_t place) {
  constexpr std::array<const char*, 7> kColours = {"vermillion", "sky",    "yellow", "purple",
                                                   "green",      "orange", "blue"};
  const std::string rgb = series_style(kColours[place % kColours.size()], 0).rgb;
  const auto part = [&](std::size_t at) { return std::stoi(rgb.substr(at, 2), nullptr, 16); };
  return {static_cast<double>(part(1)), static_cast<double>(part(3)), static_cast<double>(part(5))};
}

using Corners = std::vector<std::vector<cv::Point>>;

// Pixels' middles, in the scaled picture.
Corners corners(const DrawnObject& object, double scale) {
  Corners parts;
  for (const auto& outline : object.outlines) {
    parts.emplace_back();
    for (const label::PolygonPoint& point : outline) {
      parts.back().emplace_back(cvRound((point.x + 0.5) * scale - 0.5),
                                cvRound((point.y + 0.5) * scale - 0.5));
    }
  }
  return parts;
}

// The scaled picture with the objects' inside tinted.
void tint(cv::Mat& picture, const std::vector<DrawnObject>& objects, double scale, double share) {
  for (const DrawnObject& object : objects) {
    const Corners parts = corners(object, scale);
    if (parts.empty()) continue;
    cv::Mat filled = picture.clone();
    cv::fillPoly(filled, parts, colour_of(object.colour));
    cv::addWeighted(filled, share, picture, 1 - share, 0, picture);
  }
}

std::string ascii(const std::string& text) {
  std::string result;
  for (const char c : text) result += c >= ' ' && c <= '~' ? c : '?';
  return result;
}

// White text on the object's colour, above the box where there is room, inside the picture always.
void draw_caption(cv::Mat& picture, const DrawnObject& object, const cv::Rect& box) {
  if (object.caption.empty()) return;
  const std::string text = ascii(object.caption);
  const int height = std::clamp(picture.rows / 32, 9, 13);
  const double scale = cv::getFontScaleFromHeight(kFont, height, 1);
  int baseline = 0;
  const cv::Size size = cv::getTextSize(text, kFont, scale, 1, &baseline);
  cv::Rect tag(box.x, box.y - size.height - 7, size.width + 6, size.height + 7);
  if (tag.y < 0) tag.y = std::max(0, box.y);
  tag.x = std::clamp(tag.x, 0, std::max(0, picture.cols - tag.width));
  cv::rectangle(picture, tag & cv::Rect(0, 0, picture.cols, picture.rows), colour_of(object.colour),
                cv::FILLED);
  cv::putText(picture, text, {tag.x + 3, tag.y + size.height + 3}, kFont, scale,
              cv::Scalar::all(255), 1, cv::LINE_AA);
}

}  // namespace

std::vector<DrawnObject> drawn_objects(const std::vector<label::ObjectLabel>& labels,
                                       const std::vector<std::string>& classes) {
  std::vector<DrawnObject> objects;
  for (const label::ObjectLabel& label : labels) {
    const auto place = static_cast<std::size_t>(label.class_index);
    std::string name = label.origin.word;
    if (name.empty() && place < classes.size()) name = classes[place];
    objects.push_back({{}, label.box, fmt::format("{} {:.2f}", name, label.score), place});
    if (!label.polygon.empty()) objects.back().outlines.push_back(label.polygon);
  }
  return objects;
}

data::RgbImage draw_objects(const data::RgbImage& picture, const std::vector<DrawnObject>& objects,
                            int largest) {
  const double scale = scale_of(picture.width, picture.height, largest);
  cv::Mat canvas = scaled(view_of(picture), scale);
  tint(canvas, objects, scale, kFill);
  std::vector<cv::Rect> boxes;
  for (const DrawnObject& object : objects) {
    const cv::Scalar colour = colour_of(object.colour);
    const cv::Rect box(cvRound(object.box.x * scale), cvRound(object.box.y * scale),
                       std::max(1, cvRound(object.box.width * scale)),
                       std::max(1, cvRound(object.box.height * scale)));
    boxes.push_back(box);
    const Corners parts = corners(object, scale);
    if (!parts.empty()) {
      cv::polylines(canvas, parts, true, cv::Scalar::all(255), 1, cv::LINE_AA);
    }
    cv::rectangle(canvas, box, colour, 2);
  }
  // Captions last: nothing is drawn over them.
  for (std::size_t i = 0; i < objects.size(); ++i) draw_caption(canvas, objects[i], boxes[i]);
  return image_of(canvas);
}

data::RgbImage draw_masks(const data::RgbImage& picture, const std::vector<DrawnObject>& objects) {
  const double scale = scale_of(picture.width, picture.height);
  cv::Mat grey, canvas;
  cv::cvtColor(scaled(view_of(picture), scale), grey, cv::COLOR_RGB2GRAY);
  cv::cvtColor(grey, canvas, cv::COLOR_GRAY2RGB);
  tint(canvas, objects, scale, kMaskFill);
  return image_of(canvas);
}

data::RgbImage draw_heat(const data::RgbImage& picture, const data::GreyImage& heat) {
  if (heat.width != picture.width || heat.height != picture.height) {
    throw core::Error::internal("a heat map of another size than its picture");
  }
  const double scale = scale_of(picture.width, picture.height);
  const cv::Mat canvas = scaled(view_of(picture), scale);
  const cv::Mat map(heat.height, heat.width, CV_8UC1,
                    const_cast<std::uint8_t*>(heat.pixels.data()));
  cv::Mat large, colours, result;
  cv::resize(map, large, canvas.size(), 0, 0, scale < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
  cv::applyColorMap(large, colours, cv::COLORMAP_JET);
  cv::cvtColor(colours, colours, cv::COLOR_BGR2RGB);
  cv::addWeighted(colours, kHeat, canvas, 1 - kHeat, 0, result);
  return image_of(result);
}

data::RgbImage side_by_side(const std::vector<data::RgbImage>& panels) {
  if (panels.empty()) throw core::Error::internal("no panels to put side by side");
  int width = -kGap;
  for (const data::RgbImage& panel : panels) {
    if (panel.height != panels.front().height) {
      throw core::Error::internal("panels of different heights");
    }
    width += panel.width + kGap;
  }
  cv::Mat sheet(panels.front().height, width, CV_8UC3, cv::Scalar::all(255));
  int x = 0;
  for (const data::RgbImage& panel : panels) {
    view_of(panel).copyTo(sheet(cv::Rect(x, 0, panel.width, panel.height)));
    x += panel.width + kGap;
  }
  return image_of(sheet);
}

}  // namespace ersatz::report
