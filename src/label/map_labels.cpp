#include "label/map_labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "core/error.h"
#include "core/suggest.h"

namespace ersatz::label {
namespace {

using Contour = std::vector<cv::Point>;

cv::Mat view_of(const data::GreyImage& map) {
  if (map.width < 1 || map.height < 1) {
    throw core::Error::internal("labels of a heat map without pixels");
  }
  // OpenCV has no matrix of constants; nothing here writes into it.
  return cv::Mat(map.height, map.width, CV_8UC1, const_cast<std::uint8_t*>(map.pixels.data()));
}

cv::Mat above(const cv::Mat& map, double threshold) { return map > threshold; }

struct Part {
  Contour contour;
  double area = 0;  // cv::contourArea
};

// Outer contours, largest first; equals in the order in which OpenCV finds them.
std::vector<Part> parts_of(const cv::Mat& mask) {
  std::vector<Contour> contours;
  cv::findContours(mask, contours, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_SIMPLE);
  std::vector<Part> parts;
  for (Contour& contour : contours) {
    const double area = cv::contourArea(contour);
    parts.push_back({std::move(contour), area});
  }
  std::stable_sort(parts.begin(), parts.end(),
                   [](const Part& a, const Part& b) { return a.area > b.area; });
  return parts;
}

// ---- As published.

cv::Mat published_mask(const cv::Mat& bright) {
  const cv::Mat kernel = cv::Mat::ones(3, 3, CV_8UC1);
  cv::Mat eroded, mask;
  cv::erode(bright, eroded, kernel, {-1, -1}, 10);
  cv::dilate(eroded, mask, kernel, {-1, -1}, 7);
  return mask;
}

std::vector<Part> published_parts(std::vector<Part> parts) {
  if (parts.empty()) return parts;
  double mean = 0;
  for (const Part& part : parts) mean += part.area / static_cast<double>(parts.size());
  const double least = std::max(50.0, 0.05 * mean);
  parts.erase(std::remove_if(parts.begin(), parts.end(),
                             [&](const Part& part) { return part.area < least; }),
              parts.end());
  return parts;
}

// What a score is made of: levels inside the box, in [0, 1].
struct BoxLevels {
  double mean = 0, most = 0, hot = 0;  // hot: the share from 127 of 255 on
};

BoxLevels box_levels(const cv::Mat& map, const cv::Rect& box) {
  std::array<std::int64_t, 256> counts{};
  for (int y = box.y; y < box.y + box.height; ++y) {
    const std::uint8_t* row = map.ptr<std::uint8_t>(y);
    for (int x = box.x; x < box.x + box.width; ++x) ++counts[row[x]];
  }
  BoxLevels levels;
  double sum = 0, hot = 0;
  for (int level = 0; level < 256; ++level) {
    const auto count = static_cast<double>(counts[static_cast<std::size_t>(level)]);
    sum += count * level;
    if (level >= 127) hot += count;
    if (count > 0) levels.most = level / 255.0;
  }
  const auto pixels = static_cast<double>(box.area());
  levels.mean = sum / pixels / 255;
  levels.hot = hot / pixels;
  return levels;
}

double published_score(const cv::Mat& map, const cv::Rect& box) {
  const BoxLevels levels = box_levels(map, box);
  const double pixels = static_cast<double>(map.cols) * map.rows;
  // Width and height are shares of the picture already, and are divided by it again.
  const double size = std::min(static_cast<double>(box.area()) / pixels / pixels, 0.99);
  return std::clamp(0.5 * levels.mean + 0.5 * levels.most + 0.5 * levels.hot + 0.5 * size, 0.0,
                    1.0);
}

// ---- Ours.

// Shares of the shorter side.
constexpr double kOpening = 0.01, kClosing = 0.015;
// Parts below both are left out: a share of the picture, and of the largest part.
constexpr double kLeastOfPicture = 0.002, kLeastOfLargest = 0.1;

cv::Mat disc(double radius) {
  const int r = std::max(1, static_cast<int>(std::lround(radius)));
  return cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * r + 1, 2 * r + 1});
}

cv::Mat fixed_mask(const cv::Mat& bright) {
  const double side = std::min(bright.cols, bright.rows);
  cv::Mat opened, closed;
  cv::morphologyEx(bright, opened, cv::MORPH_OPEN, disc(kOpening * side));
  cv::morphologyEx(opened, closed, cv::MORPH_CLOSE, disc(kClosing * side));
  return closed;
}

std::vector<Part> fixed_parts(std::vector<Part> parts, const cv::Mat& mask) {
  if (parts.empty()) return parts;
  const double pixels = static_cast<double>(mask.cols) * mask.rows;
  const double least = std::max(kLeastOfPicture * pixels, kLeastOfLargest * parts.front().area);
  parts.erase(std::remove_if(parts.begin(), parts.end(),
                             [&](const Part& part) { return part.area < least; }),
              parts.end());
  return parts;
}

// How much brighter the object is than the rest of the picture, how bright its pixels are and how
// much of the picture it takes, up to a quarter.
double fixed_score(const cv::Mat& map, const cv::Mat& object) {
  const double inside = cv::mean(map, object)[0] / 255;
  const double outside = cv::mean(map, ~object)[0] / 255;
  const double share =
      static_cast<double>(cv::countNonZero(object)) / (static_cast<double>(map.cols) * map.rows);
  const double size = std::min(1.0, std::sqrt(4 * share));
  return std::clamp(0.5 * (inside - outside) + 0.3 * inside + 0.2 * size, 0.0, 1.0);
}

// ---- Both.

ObjectLabel label_of(const cv::Mat& map, const Part& part, MapRecipe recipe) {
  ObjectLabel label;
  const cv::Rect box = cv::boundingRect(part.contour);
  label.box = {box.x, box.y, box.width, box.height};
  for (const cv::Point& point : part.contour) label.polygon.push_back({point.x, point.y});
  cv::Mat object = cv::Mat::zeros(map.size(), CV_8UC1);
  // Filled: what a part encloses belongs to it.
  cv::drawContours(object, std::vector<Contour>{part.contour}, 0, cv::Scalar(255), cv::FILLED);
  label.mask = data::encode_rle(object.ptr<std::uint8_t>(), object.rows, object.cols);
  label.score =
      recipe == MapRecipe::kPublished ? published_score(map, box) : fixed_score(map, object);
  return label;
}

std::vector<ObjectLabel> labels_of(const cv::Mat& map, const cv::Mat& bright, double threshold,
                                   std::int64_t class_index, const std::string& word,
                                   MapRecipe recipe) {
  const bool published = recipe == MapRecipe::kPublished;
  const cv::Mat mask = published ? published_mask(bright) : fixed_mask(bright);
  const std::vector<Part> parts =
      published ? published_parts(parts_of(mask)) : fixed_parts(parts_of(mask), mask);
  std::vector<ObjectLabel> labels;
  for (const Part& part : parts) {
    if (part.contour.size() < 3) continue;
    ObjectLabel label = label_of(map, part, recipe);
    label.class_index = class_index;
    label.origin = {fmt::format("attention/{}", map_recipe_name(recipe)), word, threshold,
                    static_cast<std::int64_t>(labels.size())};
    labels.push_back(std::move(label));
  }
  return labels;
}

}  // namespace

std::string_view map_recipe_name(MapRecipe recipe) {
  return recipe == MapRecipe::kPublished ? "published" : "fixed";
}

MapRecipe parse_map_recipe(std::string_view name) {
  for (const MapRecipe recipe : {MapRecipe::kPublished, MapRecipe::kFixed}) {
    if (map_recipe_name(recipe) == name) return recipe;
  }
  throw core::unknown_name("recipe of labels", name, {"published", "fixed"});
}

double otsu_threshold(const data::GreyImage& map) {
  cv::Mat unused;
  return cv::threshold(view_of(map), unused, 0, 255, cv::THRESH_BINARY | cv::THRESH_OTSU);
}

std::vector<ObjectLabel> labels_of_map(const data::GreyImage& map, std::int64_t class_index,
                                       const std::string& word, MapRecipe recipe) {
  const cv::Mat view = view_of(map);
  const double threshold = otsu_threshold(map);
  return labels_of(view, above(view, threshold), threshold, class_index, word, recipe);
}

std::vector<ObjectLabel> labels_of_maps(const std::vector<WordMap>& maps, MapRecipe recipe) {
  std::vector<ObjectLabel> all;
  for (const WordMap& own : maps) {
    const cv::Mat view = view_of(own.map);
    const double threshold = otsu_threshold(own.map);
    cv::Mat bright = above(view, threshold);
    for (const WordMap& other : maps) {
      if (recipe == MapRecipe::kPublished || &other == &own) continue;
      if (other.map.width != own.map.width || other.map.height != own.map.height) {
        throw core::Error::internal("heat maps of one picture of different sizes");
      }
      // Of equally bright words the earlier one has the pixel.
      const cv::Mat rival = view_of(other.map);
      bright &= &other < &own ? (view > rival) : (view >= rival);
    }
    for (ObjectLabel& label :
         labels_of(view, bright, threshold, own.class_index, own.word, recipe)) {
      all.push_back(std::move(label));
    }
  }
  return all;
}

}  // namespace ersatz::label
