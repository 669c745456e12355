#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
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

class Classes {
 public:
  explicit Classes(std::vector<std::string>& names) : names_(names), closed_(!names.empty()) {
    for (std::size_t i = 0; i < names.size(); ++i) places_.emplace(names[i], i);
  }

  // Nothing for a name that is none. Where no classes were known before, every other name is one.
  std::optional<std::int64_t> index_of(const std::string& name) {
    if (name.empty()) return std::nullopt;
    if (!closed_ && places_.emplace(name, names_.size()).second) names_.push_back(name);
    const auto found = places_.find(name);
    if (found == places_.end()) return std::nullopt;
    return static_cast<std::int64_t>(found->second);
  }

 private:
  std::vector<std::string>& names_;
  std::map<std::string, std::size_t> places_;
  bool closed_;
};

void scan_file(const fs::path& file, const fs::path& images, DetectionScan& scan,
               Classes& classes) {
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
    const std::optional<std::int64_t> index = classes.index_of(name);
    if (!index) {
      scan.add_problem(LabelProblem::kNoCategory, scan.picture(*picture).name,
                       fmt::format("{}: class '{}'", where, name));
      continue;
    }
    const pugi::xml_node box = node.child("bndbox");
    // Pixels are counted from 1, and the last belongs to the box.
    const double left = number(box, "xmin") - 1, top = number(box, "ymin") - 1;
    scan.add_box(*picture, where, *index,
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
  Classes known(classes);
  for (const fs::path& file : files) scan_file(file, images, scan, known);
}

}  // namespace ersatz::label
