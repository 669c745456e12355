#include "label/semantic/instance_labels.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "core/error.h"
#include "label/mask_contour.h"

namespace ersatz::label {
namespace {

// A part is left out below this share of the picture.
constexpr double kLeast = 0.001;
constexpr double kThreshold = 127.5;  // of 255: a share above a half

// 255 where the network says something rather than nothing.
cv::Mat something(const PixelAnswers& answers) {
  cv::Mat mask(answers.height, answers.width, CV_8UC1);
  const auto pixels = static_cast<std::size_t>(mask.total());
  for (std::size_t i = 0; i < pixels; ++i) {
    mask.data[i] = answers.of_classes[i] < 0.5F ? 255 : 0;
  }
  return mask;
}

// The number of the object that each pixel belongs to, from 1; 0: none. CV_32S.
cv::Mat objects_of(const PixelAnswers& answers, const cv::Mat& object_pixels, int& count) {
  cv::Mat cores(answers.height, answers.width, CV_8UC1);
  for (std::size_t i = 0; i < cores.total(); ++i) {
    cores.data[i] = object_pixels.data[i] != 0 && answers.interior[i] > 0.5F ? 255 : 0;
  }
  cv::Mat parts, numbers;
  const int part_count = cv::connectedComponents(object_pixels, parts, 4, CV_32S);
  count = cv::connectedComponents(cores, numbers, 4, CV_32S);  // with nothing, 0
  // Parts without interior.
  std::vector<char> has_core(static_cast<std::size_t>(part_count), 0);
  for (std::size_t i = 0; i < cores.total(); ++i) {
    if (cores.data[i] != 0) has_core[static_cast<std::size_t>(parts.ptr<int>()[i])] = 1;
  }
  std::vector<int> own(static_cast<std::size_t>(part_count), 0);
  for (int part = 1; part < part_count; ++part) {
    if (has_core[static_cast<std::size_t>(part)] == 0)
      own[static_cast<std::size_t>(part)] = count++;
  }
  // The nearest core of every pixel.
  cv::Mat distance, nearest;
  cv::distanceTransform(~cores, distance, nearest, cv::DIST_L2, cv::DIST_MASK_5,
                        cv::DIST_LABEL_PIXEL);
  std::vector<int> number_of(cores.total() + 1, 0);
  for (std::size_t i = 0; i < cores.total(); ++i) {
    if (cores.data[i] != 0) {
      number_of[static_cast<std::size_t>(nearest.ptr<int>()[i])] = numbers.ptr<int>()[i];
    }
  }
  cv::Mat objects = cv::Mat::zeros(answers.height, answers.width, CV_32S);
  for (std::size_t i = 0; i < cores.total(); ++i) {
    if (object_pixels.data[i] == 0) continue;
    const auto part = static_cast<std::size_t>(parts.ptr<int>()[i]);
    objects.ptr<int>()[i] = has_core[part] == 0
                                ? own[part]
                                : number_of[static_cast<std::size_t>(nearest.ptr<int>()[i])];
  }
  return objects;
}

struct Likeliest {
  std::int64_t class_index = 0;
  double share = 0;
};

Likeliest class_of(const PixelAnswers& answers, const cv::Mat& object, double pixels) {
  Likeliest best;
  const std::size_t all = object.total();
  for (std::int64_t k = 0; k < answers.classes; ++k) {
    const float* shares = answers.of_classes.data() + static_cast<std::size_t>(k + 1) * all;
    double sum = 0;
    for (std::size_t i = 0; i < all; ++i) {
      if (object.data[i] != 0) sum += shares[i];
    }
    if (sum / pixels > best.share) best = {k, sum / pixels};
  }
  return best;
}

}  // namespace

std::vector<ObjectLabel> instance_labels(const PixelAnswers& answers,
                                         const std::vector<std::string>& names,
                                         const std::string& method) {
  const auto pixels =
      static_cast<std::size_t>(answers.height) * static_cast<std::size_t>(answers.width);
  if (pixels == 0 || answers.interior.size() != pixels ||
      answers.of_classes.size() != pixels * static_cast<std::size_t>(answers.classes + 1) ||
      names.size() != static_cast<std::size_t>(answers.classes)) {
    throw core::Error::internal("answers that do not fit the picture's size and classes");
  }
  int count = 0;
  const cv::Mat objects = objects_of(answers, something(answers), count);
  std::vector<ObjectLabel> labels;
  for (int number = 1; number < count; ++number) {
    const cv::Mat object = objects == number;
    const int size = cv::countNonZero(object);
    if (size < kLeast * static_cast<double>(pixels)) continue;
    ObjectLabel label;
    label.mask = data::encode_rle(object.data, answers.height, answers.width);
    label.polygon = largest_contour(label.mask);
    if (label.polygon.empty()) continue;
    const Likeliest likeliest = class_of(answers, object, size);
    label.class_index = likeliest.class_index;
    label.score = std::clamp(likeliest.share, 0.0, 1.0);
    label.box = data::rle_box(label.mask);
    label.origin = {method, names[static_cast<std::size_t>(likeliest.class_index)], kThreshold, 0};
    labels.push_back(std::move(label));
  }
  std::stable_sort(labels.begin(), labels.end(),
                   [](const ObjectLabel& a, const ObjectLabel& b) { return a.score > b.score; });
  for (std::size_t i = 0; i < labels.size(); ++i) {
    labels[i].origin.contour = static_cast<std::int64_t>(i);
  }
  return labels;
}

}  // namespace ersatz::label
