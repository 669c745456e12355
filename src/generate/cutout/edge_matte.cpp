#include "generate/cutout/edge_matte.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <opencv2/imgproc.hpp>

#include "generate/rounded_byte.h"

namespace ersatz::generate {
namespace {

constexpr int kBand = 2;         // px on both sides of the edge
constexpr double kNearby = 1.5;  // px, standard deviation of the means of colours
constexpr double kSoft = 1;      // px, of the mask's edge where colours do not tell
constexpr float kAlike = 24;     // distance of colours below which a mixture cannot be told
constexpr float kEmpty = 0.08F, kFull = 0.94F;  // alpha that counts as 0 and as 1
// Where the background is guessed from the surroundings: how far off the line between the two
// colours, as a share of their distance, a pixel is no mixture of them; and how far alpha may be
// from that of the mask's soft edge.
constexpr float kUnlike = 0.35F, kTrust = 0.25F;

cv::Mat disc(int radius) {
  return cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * radius + 1, 2 * radius + 1});
}

// [h, w, 3] float: the mean colour of the pixels under `where`, weighted by their distance. Where
// none is near, that of a wider and wider surrounding.
cv::Mat mean_colours(const cv::Mat& colours, const cv::Mat& where) {
  cv::Mat weights, result = cv::Mat::zeros(colours.size(), CV_32FC3);
  where.convertTo(weights, CV_32F, 1.0 / 255);
  cv::Mat known = cv::Mat::zeros(colours.size(), CV_8UC1);
  for (double deviation = kNearby; deviation <= 64; deviation *= 2) {
    cv::Mat expanded, sums, counts;
    cv::merge(std::vector<cv::Mat>{weights, weights, weights}, expanded);
    cv::GaussianBlur(colours.mul(expanded), sums, {}, deviation);
    cv::GaussianBlur(weights, counts, {}, deviation);
    bool complete = true;
    for (int y = 0; y < colours.rows; ++y) {
      for (int x = 0; x < colours.cols; ++x) {
        if (known.at<std::uint8_t>(y, x) != 0) continue;
        const float count = counts.at<float>(y, x);
        if (count < 1e-3F) {
          complete = false;
          continue;
        }
        result.at<cv::Vec3f>(y, x) = sums.at<cv::Vec3f>(y, x) / count;
        known.at<std::uint8_t>(y, x) = 1;
      }
    }
    if (complete) break;
  }
  return result;
}

// The part of the picture that has anything to do with the mask.
cv::Rect region_of(const cv::Mat& mask) {
  const cv::Rect box = cv::boundingRect(mask);
  constexpr int kMargin = 4 * kBand;
  return cv::Rect(box.x - kMargin, box.y - kMargin, box.width + 2 * kMargin,
                  box.height + 2 * kMargin) &
         cv::Rect({}, mask.size());
}

struct Surroundings {
  cv::Mat inner, outer;            // surely the thing, surely not: 8-bit
  cv::Mat foreground, background;  // their colours nearby: [h, w, 3] float
  cv::Mat smooth;                  // the mask with a soft edge: float, 0..1
};

Surroundings surroundings_of(const cv::Mat& colours, const cv::Mat& mask,
                             const std::optional<cv::Vec3f>& background) {
  Surroundings near;
  // Beyond the border of the photo the thing goes on. Where the background's colour is known, its
  // pixels at the border are judged all the same: specks of background may hide between the two.
  cv::erode(mask, near.inner, disc(kBand), {-1, -1}, 1,
            background ? cv::BORDER_CONSTANT : cv::BORDER_REPLICATE, 0);
  if (cv::countNonZero(near.inner) == 0) near.inner = mask;  // thinner than the band
  cv::dilate(mask, near.outer, disc(kBand), {-1, -1}, 1, cv::BORDER_REPLICATE);
  near.outer = ~near.outer;
  near.foreground = mean_colours(colours, near.inner);
  if (background) {
    near.background = cv::Mat(colours.size(), CV_32FC3, cv::Scalar(*background));
  } else {
    near.background = mean_colours(colours, near.outer);
  }
  mask.convertTo(near.smooth, CV_32F, 1.0 / 255);
  cv::GaussianBlur(near.smooth, near.smooth, {}, kSoft, kSoft, cv::BORDER_REPLICATE);
  return near;
}

// `guessed`: the background's colour is that of the surroundings, which may hold many things.
float alpha_of(const cv::Vec3f& colour, const cv::Vec3f& foreground, const cv::Vec3f& background,
               float smooth, bool guessed) {
  const cv::Vec3f span = foreground - background;
  const float length = span.dot(span);
  if (length < kAlike * kAlike) return smooth;
  const float share = (colour - background).dot(span) / length;
  const float alpha = std::clamp((share - kEmpty) / (kFull - kEmpty), 0.0F, 1.0F);
  if (!guessed) return alpha;
  const cv::Vec3f unexplained = colour - (alpha * foreground + (1 - alpha) * background);
  if (unexplained.dot(unexplained) > kUnlike * kUnlike * length) return smooth;
  return std::clamp(alpha, std::max(0.0F, smooth - kTrust), std::min(1.0F, smooth + kTrust));
}

}  // namespace

data::RgbaImage edge_matte(const data::RgbImage& photo, const cv::Mat& mask,
                           const std::optional<cv::Vec3f>& background) {
  data::RgbaImage result{photo.width, photo.height, std::vector<std::uint8_t>(4 * mask.total(), 0)};
  const cv::Rect region = region_of(mask);
  if (region.empty()) return result;
  cv::Mat rgb(photo.height, photo.width, CV_8UC3), colours;
  std::memcpy(rgb.data, photo.pixels.data(), photo.pixels.size());
  rgb(region).convertTo(colours, CV_32FC3);
  const Surroundings near = surroundings_of(colours, mask(region), background);
  for (int y = 0; y < region.height; ++y) {
    for (int x = 0; x < region.width; ++x) {
      const auto pixel =
          static_cast<std::size_t>(region.y + y) * static_cast<std::size_t>(photo.width) +
          static_cast<std::size_t>(region.x + x);
      const auto& colour = colours.at<cv::Vec3f>(y, x);
      const auto& inside = near.foreground.at<cv::Vec3f>(y, x);
      const auto& outside = near.background.at<cv::Vec3f>(y, x);
      float alpha = 1;
      if (near.outer.at<std::uint8_t>(y, x) != 0) {
        alpha = 0;
      } else if (near.inner.at<std::uint8_t>(y, x) == 0) {
        alpha = alpha_of(colour, inside, outside, near.smooth.at<float>(y, x), !background);
      }
      const cv::Vec3f unexplained = colour - (alpha * inside + (1 - alpha) * outside);
      const cv::Vec3f clean = inside + alpha * unexplained;
      for (int c = 0; c < 3; ++c) {
        result.pixels[4 * pixel + static_cast<std::size_t>(c)] = rounded_byte(clean[c]);
      }
      result.pixels[4 * pixel + 3] = rounded_byte(255 * alpha);
    }
  }
  return result;
}

}  // namespace ersatz::generate
