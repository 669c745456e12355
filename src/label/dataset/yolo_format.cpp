#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include "core/error.h"
#include "core/file_system.h"
#include "data/images/image_file.h"
#include "label/dataset/formats.h"
#include "label/dataset/label_files.h"
#include "label/dataset/yaml_text.h"
#include "label/dataset/yolo_data_file.h"

namespace ersatz::label {
namespace {

namespace fs = std::filesystem;
using core::Error;

std::vector<double> numbers_of(const std::string& line, const fs::path& file, std::size_t number) {
  std::vector<double> numbers;
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    double value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc{} || end != word.data() + word.size()) {
      throw Error::untrusted(file, fmt::format("line {}: '{}' is no number", number, word));
    }
    if (!std::isfinite(value)) {
      throw Error::untrusted(file, fmt::format("line {}: '{}' is not finite", number, word));
    }
    numbers.push_back(value);
  }
  return numbers;
}

AnnotatedObject object_of(const std::vector<double>& numbers, const LabelledPicture& picture,
                          const fs::path& file, std::size_t line) {
  AnnotatedObject object;
  if (!(numbers[0] >= 0 && numbers[0] < double{kMaxClasses} &&
        std::floor(numbers[0]) == numbers[0])) {
    throw Error::untrusted(
        file, fmt::format("line {}: class {} is no number of a class", line, numbers[0]));
  }
  object.class_index = static_cast<std::int64_t>(numbers[0]);
  if (numbers.size() == 5) {
    object.box = {(numbers[1] - numbers[3] / 2) * picture.width,
                  (numbers[2] - numbers[4] / 2) * picture.height, numbers[3] * picture.width,
                  numbers[4] * picture.height};
    return object;
  }
  if (numbers.size() < 7 || numbers.size() % 2 == 0) {
    throw Error::untrusted(
        file, fmt::format("line {} has {} numbers: a class and a box of 4, or an outline", line,
                          numbers.size()));
  }
  Outline outline;
  for (std::size_t i = 1; i < numbers.size(); i += 2) {
    outline.push_back(numbers[i] * picture.width);
    outline.push_back(numbers[i + 1] * picture.height);
  }
  object.outlines = {outline};
  object.box = box_around(object.outlines);
  return object;
}

std::string share(double value) { return fmt::format("{:.8g}", value); }

std::string box_line(const AnnotatedObject& object, const LabelledPicture& picture) {
  const data::CocoBox& box = object.box;
  return fmt::format("{} {} {} {} {}\n", object.class_index,
                     share((box.x + box.width / 2) / picture.width),
                     share((box.y + box.height / 2) / picture.height),
                     share(box.width / picture.width), share(box.height / picture.height));
}

std::string outline_lines(const AnnotatedObject& object, const LabelledPicture& picture) {
  std::vector<Outline> outlines = object.outlines;
  if (outlines.empty()) {
    const data::CocoBox& b = object.box;
    outlines = {{b.x, b.y, b.x + b.width, b.y, b.x + b.width, b.y + b.height, b.x, b.y + b.height}};
  }
  std::string lines;
  for (const Outline& outline : outlines) {
    lines += fmt::format("{}", object.class_index);
    for (std::size_t i = 0; i < outline.size(); i += 2) {
      lines += " " + share(std::clamp(outline[i] / picture.width, 0.0, 1.0));
      lines += " " + share(std::clamp(outline[i + 1] / picture.height, 0.0, 1.0));
    }
    lines += "\n";
  }
  return lines;
}

}  // namespace

LabelledDataset read_yolo_dataset(const fs::path& folder) {
  const YoloDataFile data = read_yolo_data_file(folder);
  LabelledDataset dataset;
  dataset.classes = data.classes;
  dataset.images = folder / data.images;
  if (!fs::is_directory(dataset.images)) {
    throw Error::missing(fmt::format("there is no folder {}", dataset.images.string()));
  }
  const fs::path labels = folder / yolo_labels_folder(data.images);
  for (const auto& entry : fs::recursive_directory_iterator(dataset.images)) {
    if (!entry.is_regular_file() || !is_yolo_picture(entry.path())) continue;
    const fs::path name = entry.path().lexically_relative(dataset.images);
    const data::ImageHeader header = data::read_image_header(entry.path());
    LabelledPicture picture{name.generic_string(), header.width, header.height, {}, {}};
    const fs::path file = labels / fs::path(name).replace_extension(".txt");
    // A picture without a file has no objects.
    std::istringstream lines(fs::exists(file) ? core::read_file(file, 64U << 20) : "");
    std::size_t number = 0;
    for (std::string line; std::getline(lines, line);) {
      ++number;
      const std::vector<double> numbers = numbers_of(line, file, number);
      if (numbers.empty()) continue;
      if (numbers.size() < 5) {
        throw Error::untrusted(file, fmt::format("line {} has {} numbers", number, numbers.size()));
      }
      picture.objects.push_back(object_of(numbers, picture, file, number));
    }
    dataset.pictures.push_back(std::move(picture));
  }
  if (!dataset.pictures.empty() && !fs::is_directory(labels)) {
    throw Error::missing(fmt::format("there is no folder {}", labels.string()),
                         "a picture may have no labels, but not all of a dataset");
  }
  check_dataset(dataset, folder);
  return dataset;
}

void write_yolo_dataset(const LabelledDataset& dataset, const fs::path& folder, bool outlines) {
  std::string yaml = "path: .\ntrain: images\nval: images\nnames:\n";
  for (std::size_t i = 0; i < dataset.classes.size(); ++i) {
    yaml += fmt::format("  {}: {}\n", i, yaml_quoted(dataset.classes[i]));
  }
  LabelFiles files(folder / "labels", ".txt");
  for (const LabelledPicture& picture : dataset.pictures) {
    std::string lines;
    for (const AnnotatedObject& object : picture.objects) {
      lines += outlines ? outline_lines(object, picture) : box_line(object, picture);
    }
    core::write_file_atomic(files.of(picture), lines);
  }
  core::write_file_atomic(folder / "data.yaml", yaml);
}

}  // namespace ersatz::label
