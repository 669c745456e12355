#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <pugixml.hpp>
#include <sstream>

#include "core/error.h"
#include "core/file_system.h"
#include "label/dataset/detection_scan.h"

namespace ersatz::label {
namespace {

namespace fs = std::filesystem;
using core::Error;

constexpr std::uint64_t kMaxXmlBytes = 16U << 20;

// NaN for what is no number.
double number(const pugi::xml_node& parent, const char* name) {
  const std::string text = parent.child_value(name);
  std::size_t used = 0;
  try {
    const double value = std::stod(text, &used);
    if (used == text.size()) return value;
  } catch (const std::exception&) {
  }
  return std::numeric_limits<double>::quiet_NaN();
}

void scan_file(const fs::path& file, const fs::path& images, bool closed, DetectionScan& scan,
               std::vector<std::string>& classes) {
  const std::string source = file.filename().string();
  pugi::xml_document document;
  const std::string text = core::read_file(file, kMaxXmlBytes);
  const auto result = document.load_buffer(text.data(), text.size(), pugi::parse_default);
  const pugi::xml_node root = document.child("annotation");
  if (!result || !root) {
    scan.add_problem(LabelProblem::kMalformed, source,
                     result ? "no <annotation>" : result.description());
    return;
  }
  const double width = number(root.child("size"), "width");
  const double height = number(root.child("size"), "height");
  if (!(width >= 1 && width <= (1 << 20) && height >= 1 && height <= (1 << 20))) {
    scan.add_problem(LabelProblem::kMalformed, source, "no <size> of the picture");
    return;
  }
  const auto picture = scan.add_picture(images, root.child_value("filename"),
                                        static_cast<int>(width), static_cast<int>(height));
  if (!picture) return;
  std::size_t count = 0;
  for (const pugi::xml_node& node : root.children("object")) {
    const std::string where = fmt::format("object {}", ++count);
    const std::string name = node.child_value("name");
    auto found = std::find(classes.begin(), classes.end(), name);
    if (name.empty() || (found == classes.end() && closed)) {
      scan.add_problem(LabelProblem::kNoCategory, scan.picture(*picture).name,
                       fmt::format("{}: class '{}'", where, name));
      continue;
    }
    if (found == classes.end()) found = classes.insert(classes.end(), name);
    const pugi::xml_node box = node.child("bndbox");
    // Pixels are counted from 1, and the last belongs to the box.
    const double left = number(box, "xmin") - 1, top = number(box, "ymin") - 1;
    scan.add_box(*picture, where, found - classes.begin(),
                 {left, top, number(box, "xmax") - left, number(box, "ymax") - top}, false);
  }
}

}  // namespace

void scan_voc(const DetectionSource& source, DetectionScan& scan,
              std::vector<std::string>& classes) {
  const fs::path annotations = source.path / "Annotations";
  if (!fs::is_directory(annotations)) {
    throw Error::missing(fmt::format("there is no folder {}", annotations.string()));
  }
  fs::path images = source.images;
  if (images.empty()) {
    images = source.path / "images";
    if (!fs::is_directory(images)) images = source.path / "JPEGImages";
  }
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(annotations)) {
    if (entry.is_regular_file() && entry.path().extension() == ".xml") {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  if (const fs::path list = source.path / "classes.txt"; fs::exists(list)) {
    classes.clear();
    std::istringstream lines(core::read_file(list, kMaxXmlBytes));
    for (std::string name; std::getline(lines, name);) {
      if (!name.empty()) classes.push_back(name);
    }
  }
  const bool closed = !classes.empty();
  for (const fs::path& file : files) scan_file(file, images, closed, scan, classes);
}

}  // namespace ersatz::label
