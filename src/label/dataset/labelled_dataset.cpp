#include "label/dataset/labelled_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/printable.h"

namespace ersatz::label {
namespace {

bool stays_below(const std::string& file) {
  const std::filesystem::path path = file;
  if (file.empty() || path.is_absolute()) return false;
  return std::none_of(path.begin(), path.end(), [](const auto& part) { return part == ".."; });
}

bool is_finite(const AnnotatedObject& object) {
  bool finite = true;
  for (const double value :
       {object.box.x, object.box.y, object.box.width, object.box.height, object.score}) {
    finite = finite && std::abs(value) < 1e8;  // areas stay finite, too
  }
  for (const Outline& outline : object.outlines) {
    for (const double value : outline) finite = finite && std::abs(value) < 1e8;
  }
  return finite;
}

}  // namespace

data::CocoBox box_around(const std::vector<Outline>& outlines) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  double left = kInfinity, top = kInfinity, right = -kInfinity, bottom = -kInfinity;
  for (const Outline& outline : outlines) {
    for (std::size_t i = 0; i + 1 < outline.size(); i += 2) {
      left = std::min(left, outline[i]);
      right = std::max(right, outline[i]);
      top = std::min(top, outline[i + 1]);
      bottom = std::max(bottom, outline[i + 1]);
    }
  }
  if (!(left <= right)) throw core::Error::internal("the box around no outline");
  return {left, top, right - left, bottom - top};
}

void check_dataset(LabelledDataset& dataset, const std::filesystem::path& source) {
  for (const std::string& name : dataset.classes) {
    if (core::is_utf8(name)) continue;
    throw core::Error::untrusted(source,
                                 "a name of a class that is not UTF-8: " + core::printable(name));
  }
  std::sort(dataset.pictures.begin(), dataset.pictures.end(),
            [](const LabelledPicture& a, const LabelledPicture& b) { return a.file < b.file; });
  for (std::size_t i = 0; i < dataset.pictures.size(); ++i) {
    const LabelledPicture& picture = dataset.pictures[i];
    const auto fail = [&](const std::string& message) {
      throw core::Error::untrusted(
          source, fmt::format("picture '{}': {}", core::printable(picture.file), message));
    };
    if (!stays_below(picture.file)) fail("its file is not below the folder of pictures");
    if (!core::is_utf8(picture.file)) fail("its name is not UTF-8");
    if (i > 0 && dataset.pictures[i - 1].file == picture.file) fail("occurs twice");
    if (picture.width < 1 || picture.height < 1) {
      fail(fmt::format("{} x {} px", picture.width, picture.height));
    }
    for (const AnnotatedObject& object : picture.objects) {
      if (object.class_index < 0 ||
          object.class_index >= static_cast<std::int64_t>(dataset.classes.size())) {
        fail(
            fmt::format("an object of class {} of {}", object.class_index, dataset.classes.size()));
      }
      if (!is_finite(object)) fail("a number that is not finite or beyond 10^8");
      if (object.box.width < 0 || object.box.height < 0) fail("a box of negative size");
      for (const Outline& outline : object.outlines) {
        if (outline.size() < 6 || outline.size() % 2 != 0) {
          fail(fmt::format("an outline of {} numbers", outline.size()));
        }
      }
    }
  }
}

}  // namespace ersatz::label
