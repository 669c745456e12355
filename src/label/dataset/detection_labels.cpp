#include "label/dataset/detection_labels.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "core/suggest.h"
#include "data/images/image_file.h"
#include "label/dataset/detection_scan.h"
#include "label/dataset/labelled_dataset.h"

namespace ersatz::label {
namespace {

namespace fs = std::filesystem;
using core::Error;

constexpr double kRounding = 1;  // px that a box may reach beyond its picture

}  // namespace

DetectionFormat parse_detection_format(const std::string& name) {
  if (name == "coco") return DetectionFormat::kCoco;
  if (name == "yolo") return DetectionFormat::kYolo;
  if (name == "voc") return DetectionFormat::kVoc;
  throw core::unknown_name("format of detection labels", name, {"coco", "yolo", "voc"});
}

std::size_t DetectionLabels::boxes() const {
  std::size_t count = 0;
  for (const data::DetectionLabel& picture : pictures) count += picture.boxes.size();
  return count;
}

std::size_t DetectionLabels::objects() const {
  std::size_t count = 0;
  for (const data::DetectionLabel& picture : pictures) {
    count += static_cast<std::size_t>(
        std::count_if(picture.boxes.begin(), picture.boxes.end(),
                      [](const data::ObjectBox& box) { return !box.crowd; }));
  }
  return count;
}

std::optional<std::size_t> DetectionScan::add_picture(const fs::path& folder,
                                                      const std::string& name, int width,
                                                      int height) {
  if (const std::string fault = picture_path_fault(name); !fault.empty()) {
    add_problem(LabelProblem::kMalformed, name, fault);
    return std::nullopt;
  }
  if (names_.count(name) != 0) {
    add_problem(LabelProblem::kDuplicate, name, "the picture is listed twice");
    return std::nullopt;
  }
  try {
    const data::ImageHeader header = data::read_image_header(folder / name);
    if ((width > 0 && header.width != width) || (height > 0 && header.height != height)) {
      add_problem(LabelProblem::kWrongSize, name,
                  fmt::format("{} x {} px, by its labels {} x {}", header.width, header.height,
                              width, height));
      return std::nullopt;
    }
    names_[name] = labels_.pictures.size();
    labels_.pictures.push_back({folder / name, name, header.width, header.height, {}});
    boxes_.emplace_back();
    return labels_.pictures.size() - 1;
  } catch (const Error& error) {
    add_problem(LabelProblem::kMissingPicture, name, error.what());
    return std::nullopt;
  }
}

void DetectionScan::add_box(std::size_t index, const std::string& where, std::int64_t class_index,
                            const data::CocoBox& box, bool crowd) {
  data::DetectionLabel& picture = labels_.pictures[index];
  for (const double value : {box.x, box.y, box.width, box.height}) {
    if (!std::isfinite(value)) {
      add_problem(
          LabelProblem::kNotFinite, picture.name,
          fmt::format("{}: {}, {}, {} x {} px", where, box.x, box.y, box.width, box.height));
      return;
    }
  }
  const std::string text =
      fmt::format("{}: {:g}, {:g}, {:g} x {:g} px", where, box.x, box.y, box.width, box.height);
  if (!(box.width > 0 && box.height > 0)) {
    add_problem(LabelProblem::kZeroArea, picture.name, text);
    return;
  }
  const double right = box.x + box.width, bottom = box.y + box.height;
  if (box.x < -kRounding || box.y < -kRounding || right > picture.width + kRounding ||
      bottom > picture.height + kRounding) {
    add_problem(LabelProblem::kOutside, picture.name,
                text + fmt::format(" of {} x {}", picture.width, picture.height));
    return;
  }
  data::ObjectBox object;
  object.class_index = class_index;
  object.x0 = static_cast<float>(std::max(0.0, box.x));
  object.y0 = static_cast<float>(std::max(0.0, box.y));
  object.x1 = static_cast<float>(std::min<double>(picture.width, right));
  object.y1 = static_cast<float>(std::min<double>(picture.height, bottom));
  object.crowd = crowd;
  if (!(object.x1 > object.x0 && object.y1 > object.y0)) {
    add_problem(LabelProblem::kZeroArea, picture.name, text + " inside the picture");
    return;
  }
  if (!boxes_[index].emplace(class_index, object.x0, object.y0, object.x1, object.y1).second) {
    add_problem(LabelProblem::kDuplicate, picture.name, text + " is there already");
    return;
  }
  picture.boxes.push_back(object);
}

DetectionLabels DetectionScan::finish(std::vector<std::string> classes, const fs::path& source) {
  std::sort(labels_.pictures.begin(), labels_.pictures.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  labels_.classes = std::move(classes);
  if (labels_.objects() == 0) {
    const std::size_t crowds = labels_.boxes();
    const std::string only = crowds == 0 ? "" : fmt::format(", {} crowds", crowds);
    add_problem(LabelProblem::kNoBoxes, source.filename().string(),
                fmt::format("{} pictures{}", labels_.pictures.size(), only));
  }
  return std::move(labels_);
}

DetectionLabels read_detection_labels(const DetectionSource& source,
                                      const std::vector<std::string>& classes) {
  std::error_code ignored;
  const bool is_file = source.format == DetectionFormat::kCoco;
  if (is_file ? !fs::is_regular_file(source.path, ignored)
              : !fs::is_directory(source.path, ignored)) {
    throw Error::missing(
        fmt::format("there is no {} {}", is_file ? "file" : "folder", source.path.string()));
  }
  DetectionScan scan;
  std::vector<std::string> known = classes;
  switch (source.format) {
    case DetectionFormat::kCoco:
      scan_coco(source, scan, known);
      break;
    case DetectionFormat::kYolo:
      scan_yolo(source, scan, known);
      break;
    case DetectionFormat::kVoc:
      scan_voc(source, scan, known);
      break;
  }
  check_classes(known, source.path);
  if (!classes.empty() && known != classes) {
    throw Error::usage(fmt::format("{} has other classes than the training set: {} instead of {}",
                                   source.path.string(), fmt::join(known, ", "),
                                   fmt::join(classes, ", ")));
  }
  return scan.finish(std::move(known), source.path);
}

void require_usable(const DetectionLabels& labels, const fs::path& source, BadLabels policy) {
  if (labels.report.clean()) return;
  if (policy == BadLabels::kRefuse) {
    throw Error::untrusted(source, labels.report.summary());
  }
  if (labels.objects() == 0) {
    throw Error::untrusted(source, "not one usable box is left; " + labels.report.summary());
  }
}

}  // namespace ersatz::label
