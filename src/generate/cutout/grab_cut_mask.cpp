#include "generate/cutout/grab_cut_mask.h"

#include <algorithm>
#include <cstring>
#include <opencv2/imgproc.hpp>

namespace ersatz::generate {
namespace {

constexpr std::uint64_t kSeed = 0x5EED;  // of the clustering that starts the colour models
// Of an ellipse, as shares of the box: surely the thing within kMiddle, probably within 1, probably
// not up to kOutside. Among things of its own colours GrabCut has only edges to go by; without
// these bounds it runs over to neighbours or takes bites out of the thing.
constexpr double kMiddle = 0.8, kOutside = 1.12, kLargest = 1.04;
constexpr double kSmooth =
    0.04;  // standard deviation, of the shorter side, that rounds the outline

cv::Rect with_surroundings(const cv::Rect& box, const cv::Size& photo) {
  const int margin = std::max({4, box.width / 2, box.height / 2});
  const cv::Rect wide(box.x - margin, box.y - margin, box.width + 2 * margin,
                      box.height + 2 * margin);
  return wide & cv::Rect({}, photo);
}

void draw_ellipse(cv::Mat& labels, const cv::Rect& box, double size, int label) {
  const cv::Point2f centre(static_cast<float>(box.x) + static_cast<float>(box.width - 1) / 2,
                           static_cast<float>(box.y) + static_cast<float>(box.height - 1) / 2);
  const cv::Size2f axes(static_cast<float>(box.width * size),
                        static_cast<float>(box.height * size));
  cv::ellipse(labels, cv::RotatedRect(centre, axes, 0), cv::Scalar(label), cv::FILLED);
}

// A smooth outline, inside the ellipse.
void round_outline(cv::Mat& mask, const cv::Rect& box) {
  cv::Mat largest = cv::Mat::zeros(mask.size(), CV_8UC1);
  draw_ellipse(largest, box, kLargest, 255);
  mask &= largest;
  cv::GaussianBlur(mask, mask, {}, kSmooth * std::min(box.width, box.height));
  mask = mask > 127;
}

}  // namespace

cv::Mat grab_cut_mask(const data::RgbImage& photo, const GrabCut& options) {
  cv::Mat rgb(photo.height, photo.width, CV_8UC3);
  std::memcpy(rgb.data, photo.pixels.data(), photo.pixels.size());
  const cv::Rect box(options.box.x, options.box.y, options.box.width, options.box.height);
  const cv::Rect part = with_surroundings(box, rgb.size());
  const cv::Rect local = box - part.tl();

  cv::Mat labels(part.size(), CV_8UC1, cv::Scalar(cv::GC_BGD));
  if (options.shape == BoxShape::kBox) {
    labels(local) = cv::Scalar(cv::GC_PR_FGD);
  } else {
    draw_ellipse(labels, local, kOutside, cv::GC_PR_BGD);
    draw_ellipse(labels, local, 1, cv::GC_PR_FGD);
    draw_ellipse(labels, local, kMiddle, cv::GC_FGD);
  }
  // A box as large as the photo leaves no background to learn from.
  const bool surrounded =
      cv::countNonZero(labels == cv::GC_BGD) > 0 || cv::countNonZero(labels == cv::GC_PR_BGD) > 0;
  cv::Mat mask(rgb.size(), CV_8UC1, cv::Scalar(0));
  if (!surrounded) {
    mask = cv::Scalar(255);
    return mask;
  }
  cv::Mat background_model, foreground_model;
  cv::theRNG().state = kSeed;
  cv::grabCut(rgb(part), labels, cv::Rect(), background_model, foreground_model, options.iterations,
              cv::GC_INIT_WITH_MASK);
  cv::Mat(labels & 1).convertTo(mask(part), CV_8UC1, 255);  // GC_FGD and GC_PR_FGD are odd
  if (options.shape == BoxShape::kEllipse) round_outline(mask, box);
  return mask;
}

}  // namespace ersatz::generate
