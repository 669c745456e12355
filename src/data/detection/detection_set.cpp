#include "data/detection/detection_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "core/digest.h"
#include "core/error.h"
#include "data/digits/parallel_blocks.h"
#include "data/images/image_file.h"

namespace ersatz::data {

std::size_t DetectionSet::boxes() const {
  std::size_t count = 0;
  for (const DetectionPicture& picture : pictures) count += picture.boxes.size();
  return count;
}

DetectionPicture detection_picture(std::string name, const RgbImage& image,
                                   std::vector<ObjectBox> boxes, int size) {
  if (size < 32 || size > 8192) {
    throw core::Error::usage(fmt::format("training pictures of {} px: 32 to 8192", size));
  }
  if (image.width < 1 || image.height < 1) throw core::Error::internal("a picture without pixels");
  DetectionPicture picture{std::move(name), image.width, image.height, {}, std::move(boxes)};
  const double gain = static_cast<double>(size) / std::max(image.width, image.height);
  const auto scaled = [&](int px) {
    return std::clamp(static_cast<int>(std::lround(px * gain)), 1, size);
  };
  picture.image.width = scaled(image.width);
  picture.image.height = scaled(image.height);
  if (picture.image.width == image.width && picture.image.height == image.height) {
    picture.image.pixels = image.pixels;
    return picture;
  }
  picture.image.pixels.resize(static_cast<std::size_t>(picture.image.width) *
                              static_cast<std::size_t>(picture.image.height) * 3);
  const cv::Mat from(image.height, image.width, CV_8UC3,
                     const_cast<std::uint8_t*>(image.pixels.data()));
  cv::Mat to(picture.image.height, picture.image.width, CV_8UC3, picture.image.pixels.data());
  cv::resize(from, to, to.size(), 0, 0, cv::INTER_LINEAR);
  const auto x = static_cast<float>(picture.image.width) / static_cast<float>(image.width);
  const auto y = static_cast<float>(picture.image.height) / static_cast<float>(image.height);
  for (ObjectBox& box : picture.boxes) {
    box.x0 *= x;
    box.x1 *= x;
    box.y0 *= y;
    box.y1 *= y;
  }
  return picture;
}

DetectionSet load_detection_set(const std::vector<DetectionLabel>& labels,
                                const std::vector<std::string>& classes, int size) {
  DetectionSet set;
  set.size = size;
  set.classes = classes;
  set.pictures.resize(labels.size());
  for_each_block(
      static_cast<std::int64_t>(labels.size()), 1, 0, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          const DetectionLabel& label = labels[static_cast<std::size_t>(i)];
          const RgbImage image = read_image(label.path);
          if (image.width != label.width || image.height != label.height) {
            throw core::Error::untrusted(
                label.path, fmt::format("{} x {} px, its labels are of {} x {} px", image.width,
                                        image.height, label.width, label.height));
          }
          set.pictures[static_cast<std::size_t>(i)] =
              detection_picture(label.name, image, label.boxes, size);
        }
      });
  return set;
}

std::string detection_digest(const DetectionSet& set) {
  core::Sha256 digest;
  const auto text = [&](const std::string& words) {
    digest.update(fmt::format("{}:", words.size()));
    digest.update(words);
  };
  text(fmt::format("{} {}", set.size, set.pictures.size()));
  for (const std::string& name : set.classes) text(name);
  for (const DetectionPicture& picture : set.pictures) {
    text(picture.name);
    text(fmt::format("{} {} {} {} {}", picture.width, picture.height, picture.image.width,
                     picture.image.height, picture.boxes.size()));
    digest.update(std::string_view(reinterpret_cast<const char*>(picture.image.pixels.data()),
                                   picture.image.pixels.size()));
    for (const ObjectBox& box : picture.boxes) {
      text(fmt::format("{} {:a} {:a} {:a} {:a} {}", box.class_index, box.x0, box.y0, box.x1, box.y1,
                       box.crowd));
    }
  }
  return digest.hex();
}

}  // namespace ersatz::data
