#include "generate/copy_paste/variation.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "generate/copy_paste/colour_jitter.h"
#include "generate/rounded_byte.h"

namespace ersatz::generate {
namespace {

double between(core::Stream& stream, double low, double high) {
  return low + (high - low) * stream.uniform_double();
}

// [h, w, 4] float, colours in 0..255 multiplied by alpha in 0..1.
cv::Mat premultiplied(const data::RgbaImage& image) {
  cv::Mat result(image.height, image.width, CV_32FC4);
  const std::uint8_t* in = image.pixels.data();
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x, in += 4) {
      const float alpha = static_cast<float>(in[3]) / 255;
      result.at<cv::Vec4f>(y, x) = {static_cast<float>(in[0]) * alpha,
                                    static_cast<float>(in[1]) * alpha,
                                    static_cast<float>(in[2]) * alpha, alpha};
    }
  }
  return result;
}

data::RgbaImage to_image(const cv::Mat& premultiplied) {
  data::RgbaImage image{premultiplied.cols, premultiplied.rows, {}};
  image.pixels.reserve(4 * premultiplied.total());
  for (int y = 0; y < premultiplied.rows; ++y) {
    for (int x = 0; x < premultiplied.cols; ++x) {
      const auto& in = premultiplied.at<cv::Vec4f>(y, x);
      const std::uint8_t alpha = rounded_byte(255 * in[3]);
      for (int c = 0; c < 3; ++c) {
        image.pixels.push_back(alpha == 0 ? std::uint8_t{0} : rounded_byte(in[c] / in[3]));
      }
      image.pixels.push_back(alpha);
    }
  }
  return image;
}

cv::Mat reflected(const cv::Mat& image, const Variation& variation) {
  if (!variation.flip_horizontal && !variation.flip_vertical) return image;
  const int code =
      variation.flip_horizontal && variation.flip_vertical ? -1 : (variation.flip_vertical ? 0 : 1);
  cv::Mat result;
  cv::flip(image, result, code);
  return result;
}

cv::Mat scaled(const cv::Mat& image, double scale) {
  const cv::Size size(std::max(1, static_cast<int>(std::lround(image.cols * scale))),
                      std::max(1, static_cast<int>(std::lround(image.rows * scale))));
  if (size == image.size()) return image;
  cv::Mat result;
  cv::resize(image, result, size, 0, 0, scale < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
  return result;
}

// On a canvas large enough for all of it.
cv::Mat rotated(const cv::Mat& image, double degrees) {
  if (degrees == 0) return image;
  const double angle = degrees * CV_PI / 180;
  const double cosine = std::abs(std::cos(angle)), sine = std::abs(std::sin(angle));
  // Rounding errors must not make a quarter turn one pixel wider: it is exact on a canvas of the
  // same parity.
  const auto side = [](double length) { return static_cast<int>(std::ceil(length - 1e-6)) + 2; };
  const cv::Size size(side(image.cols * cosine + image.rows * sine),
                      side(image.cols * sine + image.rows * cosine));
  const cv::Point2d centre((image.cols - 1) / 2.0, (image.rows - 1) / 2.0);
  cv::Mat turn = cv::getRotationMatrix2D(centre, degrees, 1);
  turn.at<double>(0, 2) += (size.width - 1) / 2.0 - centre.x;
  turn.at<double>(1, 2) += (size.height - 1) / 2.0 - centre.y;
  cv::Mat result;
  cv::warpAffine(image, result, turn, size, cv::INTER_LINEAR, cv::BORDER_CONSTANT,
                 cv::Scalar::all(0));
  return result;
}

// Fades out within the edge: a straight edge has 0 at its rim and 95 % two standard deviations
// inside. Nothing outside is needed, whose colours are unknown.
cv::Mat feathered(const cv::Mat& image, double deviation) {
  if (deviation <= 0) return image;
  const int margin = static_cast<int>(std::ceil(3 * deviation));
  cv::Mat alpha, padded, blurred;
  cv::extractChannel(image, alpha, 3);
  cv::copyMakeBorder(alpha, padded, margin, margin, margin, margin, cv::BORDER_CONSTANT, 0);
  cv::GaussianBlur(padded, blurred, cv::Size(2 * margin + 1, 2 * margin + 1), deviation);
  blurred = blurred(cv::Rect(margin, margin, image.cols, image.rows));
  cv::Mat result = image.clone();
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; ++x) {
      auto& pixel = result.at<cv::Vec4f>(y, x);
      if (pixel[3] <= 0) continue;
      const float fade = std::clamp(2 * blurred.at<float>(y, x) - 1, 0.0F, pixel[3]);
      pixel *= fade / pixel[3];
    }
  }
  return result;
}

data::RgbaImage trimmed(const data::RgbaImage& image) {
  int left = image.width, right = 0, top = image.height, bottom = 0;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const auto pixel = static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) +
                         static_cast<std::size_t>(x);
      if (image.pixels[4 * pixel + 3] == 0) continue;
      left = std::min(left, x);
      right = std::max(right, x + 1);
      top = std::min(top, y);
      bottom = std::max(bottom, y + 1);
    }
  }
  if (left >= right) return {};
  data::RgbaImage result{right - left, bottom - top, {}};
  for (int y = top; y < bottom; ++y) {
    const auto row = image.pixels.begin() + 4 * (std::ptrdiff_t{y} * image.width + left);
    result.pixels.insert(result.pixels.end(), row, row + 4 * std::ptrdiff_t{result.width});
  }
  return result;
}

}  // namespace

Variation draw_variation(const VariationRange& range, const data::RgbaImage& cut_out,
                         int background_width, int background_height, core::Stream& stream) {
  Variation variation;
  variation.scale = between(stream, range.scale_low, range.scale_high);
  if (range.scale_of == ScaleReference::kBackground) {
    variation.scale *= static_cast<double>(std::min(background_width, background_height)) /
                       std::max(cut_out.width, cut_out.height);
  }
  variation.rotation = between(stream, -range.rotation, range.rotation);
  variation.flip_horizontal = stream.uniform_double() < range.flip_horizontal;
  variation.flip_vertical = stream.uniform_double() < range.flip_vertical;
  variation.feather = range.feather;
  variation.brightness = between(stream, 1 - range.brightness, 1 + range.brightness);
  variation.contrast = between(stream, 1 - range.contrast, 1 + range.contrast);
  variation.saturation = between(stream, 1 - range.saturation, 1 + range.saturation);
  variation.hue = between(stream, -range.hue, range.hue);
  return variation;
}

data::RgbaImage varied(const data::RgbaImage& cut_out, const Variation& variation) {
  const cv::Mat turned = rotated(
      scaled(reflected(premultiplied(cut_out), variation), variation.scale), variation.rotation);
  data::RgbaImage image = trimmed(to_image(feathered(turned, variation.feather)));
  jitter_colours(image, variation.brightness, variation.contrast, variation.saturation,
                 variation.hue);
  return image;
}

}  // namespace ersatz::generate
