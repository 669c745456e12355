#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <sstream>

#include "core/error.h"
#include "core/file_system.h"
#include "label/dataset/detection_scan.h"
#include "label/dataset/labelled_dataset.h"
#include "label/dataset/yolo_data_file.h"

namespace ersatz::label {
namespace {

namespace fs = std::filesystem;
using core::Error;

// The numbers of a line, or nothing and the word that is none.
bool numbers_of(const std::string& line, std::vector<double>& numbers, std::string& bad) {
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    double value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc{} || end != word.data() + word.size()) {
      bad = word;
      return false;
    }
    numbers.push_back(value);
  }
  return true;
}

data::CocoBox box_of(const std::vector<double>& numbers, double width, double height) {
  if (numbers.size() == 5) {
    return {(numbers[1] - numbers[3] / 2) * width, (numbers[2] - numbers[4] / 2) * height,
            numbers[3] * width, numbers[4] * height};
  }
  Outline outline;
  for (std::size_t i = 1; i < numbers.size(); i += 2) {
    outline.push_back(numbers[i] * width);
    outline.push_back(numbers[i + 1] * height);
    if (!std::isfinite(outline.back() + outline[outline.size() - 2])) {
      return {outline[outline.size() - 2], outline.back(), NAN, NAN};
    }
  }
  return box_around({outline});
}

void scan_line(const std::string& line, const std::string& where, std::size_t picture,
               std::size_t classes, DetectionScan& scan) {
  const data::DetectionLabel& label = scan.picture(picture);
  std::vector<double> numbers;
  std::string bad;
  if (!numbers_of(line, numbers, bad)) {
    scan.add_problem(LabelProblem::kMalformed, label.name,
                     fmt::format("{}: '{}' is no number", where, bad));
    return;
  }
  if (numbers.empty()) return;
  if (numbers.size() != 5 && (numbers.size() < 7 || numbers.size() % 2 == 0)) {
    scan.add_problem(LabelProblem::kMalformed, label.name,
                     fmt::format("{}: {} numbers", where, numbers.size()));
    return;
  }
  if (!(numbers[0] >= 0 && numbers[0] < static_cast<double>(classes) &&
        std::floor(numbers[0]) == numbers[0])) {
    scan.add_problem(LabelProblem::kNoCategory, label.name,
                     fmt::format("{}: class {:g} of {}", where, numbers[0], classes));
    return;
  }
  scan.add_box(picture, where, static_cast<std::int64_t>(numbers[0]),
               box_of(numbers, label.width, label.height), false);
}

}  // namespace

void scan_yolo(const DetectionSource& source, DetectionScan& scan,
               std::vector<std::string>& classes) {
  const YoloDataFile data = read_yolo_data_file(source.path, source.part);
  classes = data.classes;
  const fs::path images = source.images.empty() ? source.path / data.images : source.images;
  if (!fs::is_directory(images)) {
    throw Error::missing(fmt::format("there is no folder {}", images.string()));
  }
  std::vector<fs::path> names;
  for (const auto& entry : fs::recursive_directory_iterator(images)) {
    if (entry.is_regular_file() && is_yolo_picture(entry.path())) {
      names.push_back(entry.path().lexically_relative(images));
    }
  }
  std::sort(names.begin(), names.end());
  const fs::path labels = source.path / yolo_labels_folder(data.images);
  std::set<fs::path> known;
  for (const fs::path& name : names) {
    const fs::path file = labels / fs::path(name).replace_extension(".txt");
    known.insert(file);
    const auto picture = scan.add_picture(images, name.generic_string(), 0, 0);
    if (!picture || !fs::exists(file)) continue;
    std::istringstream lines(core::read_file(file, 64U << 20));
    std::size_t number = 0;
    for (std::string line; std::getline(lines, line);) {
      scan_line(line, fmt::format("line {}", ++number), *picture, classes.size(), scan);
    }
  }
  if (!fs::is_directory(labels)) return;
  std::vector<fs::path> left_over;
  for (const auto& entry : fs::recursive_directory_iterator(labels)) {
    if (!entry.is_regular_file() || entry.path().extension() != ".txt") continue;
    if (known.count(entry.path()) == 0) left_over.push_back(entry.path());
  }
  std::sort(left_over.begin(), left_over.end());
  for (const fs::path& file : left_over) {
    scan.add_problem(LabelProblem::kMissingPicture,
                     file.lexically_relative(labels).generic_string(), "labels without a picture");
  }
}

}  // namespace ersatz::label
