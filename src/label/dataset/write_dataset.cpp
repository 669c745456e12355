#include "label/dataset/write_dataset.h"

#include "core/error.h"
#include "label/dataset/formats.h"

namespace ersatz::label {

void write_dataset(const LabelledDataset& dataset, const std::string& format,
                   const std::filesystem::path& out) {
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
