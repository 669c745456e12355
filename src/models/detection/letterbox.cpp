#include "models/detection/letterbox.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "core/error.h"

namespace ersatz::models {
namespace {

constexpr int kGrey = 114;

// To the nearest, halves to even, as Python rounds.
int rounded(double x) { return static_cast<int>(std::nearbyint(x)); }

}  // namespace

Letterbox plan_letterbox(int width, int height, const LetterboxOptions& options) {
  if (width < 1 || height < 1) {
    throw core::Error::internal(fmt::format("a picture of {} x {} px", width, height));
  }
  if (options.stride < 1 || options.size < options.stride || options.size % options.stride != 0) {
    throw core::Error::usage(
        fmt::format("an input of {} px: a multiple of {} is needed", options.size, options.stride));
  }
  Letterbox box;
  box.source_width = width;
  box.source_height = height;
  const double size = options.size;
  box.gain = std::min(size / height, size / width);
  if (!options.scale_up) box.gain = std::min(box.gain, 1.0);
  box.inner_width = std::max(1, rounded(width * box.gain));
  box.inner_height = std::max(1, rounded(height * box.gain));
  const auto padding = [&](int inner) {
    const int missing = options.size - inner;
    return (options.rect ? missing % options.stride : missing) / 2.0;
  };
  const double horizontal = padding(box.inner_width), vertical = padding(box.inner_height);
  box.left = rounded(horizontal - 0.1);
  box.top = rounded(vertical - 0.1);
  box.width = box.left + box.inner_width + rounded(horizontal + 0.1);
  box.height = box.top + box.inner_height + rounded(vertical + 0.1);
  return box;
}

data::RgbImage letterbox_image(const data::RgbImage& picture, const Letterbox& box) {
  if (picture.width != box.source_width || picture.height != box.source_height) {
    throw core::Error::internal("a letterbox of another picture");
  }
  data::RgbImage input{box.width, box.height, {}};
  input.pixels.assign(
      static_cast<std::size_t>(box.width) * static_cast<std::size_t>(box.height) * 3,
      static_cast<std::uint8_t>(kGrey));
  // OpenCV has no matrix of constants; the picture is only read.
  const cv::Mat from(picture.height, picture.width, CV_8UC3,
                     const_cast<std::uint8_t*>(picture.pixels.data()));
  cv::Mat to(box.height, box.width, CV_8UC3, input.pixels.data());
  cv::Mat inner = to(cv::Rect(box.left, box.top, box.inner_width, box.inner_height));
  if (from.size() == inner.size()) {
    from.copyTo(inner);
  } else {
    cv::resize(from, inner, inner.size(), 0, 0, cv::INTER_LINEAR);
  }
  return input;
}

data::CocoBox box_in_picture(double x0, double y0, double x1, double y1, const Letterbox& box) {
  const auto x = [&](double at) {
    return std::clamp((at - box.left) / box.gain, 0.0, static_cast<double>(box.source_width));
  };
  const auto y = [&](double at) {
    return std::clamp((at - box.top) / box.gain, 0.0, static_cast<double>(box.source_height));
  };
  return {x(x0), y(y0), x(x1) - x(x0), y(y1) - y(y0)};
}

}  // namespace ersatz::models
