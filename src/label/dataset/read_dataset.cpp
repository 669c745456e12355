#include "label/dataset/read_dataset.h"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <utility>

#include "core/error.h"
#include "label/dataset/formats.h"

namespace ersatz::label {
namespace {

namespace fs = std::filesystem;
using core::Error;

fs::path images_beside(const fs::path& labels, const fs::path& images) {
  return images.empty() ? labels / "images" : images;
}

// Whether the first character that is no space is '['.
bool holds_a_list(const fs::path& file) {
  std::ifstream stream(file);
  char first = 0;
  stream >> first;
  return first == '[';
}

}  // namespace

LabelledDataset read_dataset(const fs::path& input, const std::string& format,
                             const fs::path& images) {
  if (format == "coco") return read_coco_dataset(input, images_beside(input.parent_path(), images));
  if (format == "voc") return read_voc_dataset(input, images_beside(input, images));
  if (format == "diffugen") return read_diffugen_dataset(input);
  if (format == "imagefolder") return read_imagefolder_dataset(input);
  if (format == "croissant") return read_croissant_dataset(input);
  if (format == "label-studio") {
    return read_label_studio_dataset(
        input, images_beside(fs::is_directory(input) ? input : input.parent_path(), images));
  }
  if (format == "yolo" || format == "yolo-segment") return read_yolo_dataset(input);
  throw Error::unknown("format of labels", format, "coco");
}

std::string guess_format(const fs::path& input) {
  std::error_code ignored;
  if (!fs::exists(input, ignored)) {
    throw Error::missing(fmt::format("there is no {}", input.string()));
  }
  if (!fs::is_directory(input, ignored)) return holds_a_list(input) ? "label-studio" : "coco";
  constexpr std::array<std::pair<const char*, const char*>, 7> kSigns = {{
      {"croissant.json", "croissant"},
      {"data.yaml", "yolo"},
      {"Annotations", "voc"},
      {"metadata.jsonl", "imagefolder"},
      {"tasks.json", "label-studio"},
      {"recipe.json", "diffugen"},
      {"classes.txt", "diffugen"},
  }};
  for (const auto& [file, format] : kSigns) {
    if (fs::exists(input / file, ignored)) return format;
  }
  throw Error::usage(fmt::format("{} looks like no labelled dataset", input.string()),
                     "name its format");
}

}  // namespace ersatz::label
