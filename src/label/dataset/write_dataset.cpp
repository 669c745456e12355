#include "label/dataset/write_dataset.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/printable.h"
#include "label/dataset/formats.h"

namespace ersatz::label {

namespace {

// Formats whose objects say the name of their class, not its number.
bool tells_classes_by_name(const std::string& format) {
  return format == "voc" || format == "label-studio";
}

}  // namespace

void write_dataset(const LabelledDataset& dataset, const std::string& format,
                   const std::filesystem::path& out) {
  if (tells_classes_by_name(format)) {
    const std::vector<std::string> repeated = repeated_classes(dataset.classes);
    if (!repeated.empty()) {
      throw core::Error::usage(
          fmt::format("several classes are called '{}', and {} tells classes by their names",
                      core::printable(repeated.front()), format),
          "coco, yolo, imagefolder and croissant tell them by their numbers");
    }
  }
  if (format == "coco") return write_coco_dataset(dataset, out);
  if (format == "voc") return write_voc_dataset(dataset, out);
  if (format == "diffugen") return write_diffugen_dataset(dataset, out);
  if (format == "imagefolder") return write_imagefolder_dataset(dataset, out);
  if (format == "croissant") return write_croissant_dataset(dataset, out);
  if (format == "label-studio") return write_label_studio_dataset(dataset, out);
  if (format == "yolo" || format == "yolo-segment") {
    return write_yolo_dataset(dataset, out, format == "yolo-segment");
  }
  throw core::Error::unknown("format of labels", format, "coco");
}

}  // namespace ersatz::label
