#include "generate/cutout/mask_cleanup.h"

#include <opencv2/imgproc.hpp>

namespace ersatz::generate {
namespace {

constexpr int kOverEdges = 4;

}  // namespace

cv::Mat opened(const cv::Mat& mask, int radius) {
  if (radius == 0) return mask;
  const cv::Mat disc =
      cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * radius + 1, 2 * radius + 1});
  cv::Mat result;
  cv::morphologyEx(mask, result, cv::MORPH_OPEN, disc);
  return result;
}

cv::Mat largest_part(const cv::Mat& mask) {
  cv::Mat labels, statistics, centres;
  const int parts =
      cv::connectedComponentsWithStats(mask, labels, statistics, centres, kOverEdges, CV_32S);
  int largest = 0, area = 0;
  for (int i = 1; i < parts; ++i) {  // 0 is outside
    const int size = statistics.at<int>(i, cv::CC_STAT_AREA);
    if (size > area) {
      largest = i;
      area = size;
    }
  }
  if (largest == 0) return cv::Mat::zeros(mask.size(), CV_8UC1);
  return labels == largest;
}

cv::Mat without_holes(const cv::Mat& mask) {
  cv::Mat padded;
  cv::copyMakeBorder(mask, padded, 1, 1, 1, 1, cv::BORDER_CONSTANT, 0);
  cv::floodFill(padded, {0, 0}, 255, nullptr, 0, 0, kOverEdges);
  // What the flood did not reach is a hole.
  return mask | ~padded(cv::Rect(1, 1, mask.cols, mask.rows));
}

}  // namespace ersatz::generate
