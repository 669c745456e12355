#include "models/detection/open_detector.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <set>

#include "core/error.h"
#include "core/file_system.h"
#include "models/detection/detector_file.h"
#include "models/detection/yolov8_weights.h"

namespace ersatz::models {
namespace {

using core::Error;

// Without white space at either end.
std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t\r"), end = text.find_last_not_of(" \t\r");
  return begin == std::string::npos ? std::string() : text.substr(begin, end - begin + 1);
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = text.find(separator, begin);
    parts.push_back(trimmed(text.substr(begin, end - begin)));
    if (end == std::string::npos) return parts;
    begin = end + 1;
  }
}

std::vector<std::string> names_in_file(const std::filesystem::path& file) {
  std::vector<std::string> names = split(core::read_file(file, 1 << 20), '\n');
  while (!names.empty() && names.back().empty()) names.pop_back();
  return names;
}

bool is_file(const std::string& text) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(text, ignored);
}

}  // namespace

OpenedDetector open_detector(const std::filesystem::path& file, const OpenDetectorOptions& options,
                             const c10::Device& device) {
  OpenedDetector opened;
  if (is_torch_script(file)) {
    ScriptDetector script = load_script_detector(file, options.trust, device);
    opened.predictor = script.predictor;
    opened.classes = std::move(script.classes);
    opened.description = fmt::format("TorchScript, {} classes{}", opened.predictor->classes(),
                                     opened.predictor->has_masks() ? ", masks" : "");
    return opened;
  }
  if (is_detector_file(file)) {
    LoadedDetector loaded = load_detector(file);
    if (options.scale) throw Error::usage(file.string() + " says itself what it is: no --scale");
    loaded.network->to(device);
    opened.classes = std::move(loaded.description.classes);
    opened.description =
        fmt::format("{}, {} classes, trained at {} px", loaded.description.architecture.name,
                    opened.classes.size(), loaded.description.size);
    opened.predictor = std::move(loaded.network);
    return opened;
  }
  Yolov8LoadOptions load;
  load.scale = options.scale;
  load.masks = options.masks;
  const std::shared_ptr<Yolov8> network = load_yolov8(file, load);
  network->to(device);
  opened.description =
      fmt::format("YOLOv8{}{}, {} classes", network->config().scale,
                  network->config().masks ? "-seg" : "", network->config().classes);
  opened.predictor = network;
  return opened;
}

std::vector<std::string> detector_classes(const std::string& text,
                                          const std::vector<std::string>& known,
                                          std::int64_t count) {
  std::vector<std::string> names;
  std::string source = "--classes";
  if (text.empty()) {
    names = known;
    if (names.empty() && count == static_cast<std::int64_t>(coco_class_names().size())) {
      names = coco_class_names();
    }
    if (names.empty()) {
      throw Error::usage(fmt::format("the {} classes of the detector have no names", count),
                         "--classes names them: a file, or name,name,...");
    }
  } else if (text == "coco") {
    names = coco_class_names();
  } else if (is_file(text)) {
    source = text;
    names = names_in_file(text);
  } else if (text.find(',') == std::string::npos && text.find_first_of("./") != std::string::npos) {
    throw Error::missing(fmt::format("there is no file {}", text));
  } else {
    names = split(text, ',');
  }
  std::set<std::string> seen;
  for (const std::string& name : names) {
    if (name.empty()) throw Error::usage(fmt::format("{}: a name is empty", source));
    if (!seen.insert(name).second) {
      throw Error::usage(fmt::format("{}: '{}' is there twice", source, name));
    }
  }
  if (static_cast<std::int64_t>(names.size()) != count) {
    throw Error::usage(fmt::format("{}: {} names for {} classes", source, names.size(), count));
  }
  return names;
}

}  // namespace ersatz::models
