#include "label/dataset/labelled_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "core/error.h"
#include "core/printable.h"

namespace ersatz::label {
namespace {

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

std::string picture_path_fault(const std::string& file) {
  const std::filesystem::path path = file, name = path.filename();
  if (path.is_absolute() ||
      std::any_of(path.begin(), path.end(), [](const auto& part) { return part == ".."; })) {
    return "its file is not below the folder of pictures";
  }
  if (name.empty() || name == ".") return "its file has no name";
  if (file.find('\0') != std::string::npos) return "its name holds a NUL character";
  if (file.size() > kMaxPathBytes || std::any_of(path.begin(), path.end(), [](const auto& part) {
        return part.native().size() > kMaxNameBytes;
      })) {
    return fmt::format("its name is too long: {} bytes; a part of it has at most {}, all of it {}",
                       file.size(), kMaxNameBytes, kMaxPathBytes);
  }
  return core::is_utf8(file) ? "" : "its name is not UTF-8";
}

void check_classes(const std::vector<std::string>& classes, const std::filesystem::path& source) {
  if (classes.size() > kMaxClasses) {
    throw core::Error::untrusted(
        source, fmt::format("{} classes; at most {} are read", classes.size(), kMaxClasses));
  }
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const std::string& name = classes[i];
    if (name.empty()) {
      throw core::Error::untrusted(source, fmt::format("class {} has no name", i));
    }
    if (!core::is_utf8(name)) {
      throw core::Error::untrusted(source,
                                   "a name of a class that is not UTF-8: " + core::printable(name));
    }
    if (core::printable(name, std::string::npos) != name) {
      throw core::Error::untrusted(
          source, "a name of a class with a control character: " + core::printable(name));
    }
  }
}

std::vector<std::string> repeated_classes(const std::vector<std::string>& classes) {
  std::map<std::string, std::size_t> counts;
  for (const std::string& name : classes) ++counts[name];
  std::vector<std::string> repeated;
  for (const auto& [name, count] : counts) {
    if (count > 1) repeated.push_back(name);
  }
  return repeated;
}

void check_dataset(LabelledDataset& dataset, const std::filesystem::path& source) {
  check_classes(dataset.classes, source);
  std::sort(dataset.pictures.begin(), dataset.pictures.end(),
            [](const LabelledPicture& a, const LabelledPicture& b) { return a.file < b.file; });
  for (std::size_t i = 0; i < dataset.pictures.size(); ++i) {
    const LabelledPicture& picture = dataset.pictures[i];
    const std::string place = fmt::format("picture '{}'", core::printable(picture.file));
    const auto fail = [&](const std::string& message) {
      throw core::Error::untrusted(source, fmt::format("{}: {}", place, message));
    };
    const std::string fault = picture_path_fault(picture.file);
    if (!fault.empty()) fail(fault);
    if (i > 0 && dataset.pictures[i - 1].file == picture.file) fail("occurs twice");
    if (picture.width < 1 || picture.height < 1 || picture.width > kMaxPictureSide ||
        picture.height > kMaxPictureSide ||
        std::int64_t{picture.width} * picture.height > INT32_MAX) {
      fail(fmt::format("{} x {} px; at most {} a side and {} in all are read", picture.width,
                       picture.height, kMaxPictureSide, INT32_MAX));
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
