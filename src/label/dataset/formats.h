// Reading and writing labelled datasets: one function each way for every format.
//
// Readers refuse what is malformed (Error::untrusted, naming file and place) and never look outside
// the dataset's folder. Writers write labels only, into a folder that is theirs, and refer to the
// pictures by the paths they have below `images` (data_files.h links or copies them).
#pragma once

#include <filesystem>

#include "label/dataset/labelled_dataset.h"

namespace ersatz::label {

// COCO instances, one JSON file; outlines as polygons. Run lengths that are read become outlines.
LabelledDataset read_coco_dataset(const std::filesystem::path& file,
                                  const std::filesystem::path& images);
void write_coco_dataset(const LabelledDataset& dataset, const std::filesystem::path& file);

// Ultralytics' YOLO: data.yaml (class names), labels/<picture>.txt with "class cx cy w h" per line,
// or "class x0 y0 x1 y1 ..." for outlines, all as shares of the picture. A folder of labels is
// segments or boxes: with `outlines`, objects without one get their box's corners; objects of
// several parts get a line per part.
LabelledDataset read_yolo_dataset(const std::filesystem::path& folder);
void write_yolo_dataset(const LabelledDataset& dataset, const std::filesystem::path& folder,
                        bool outlines);

// Pascal VOC: Annotations/<picture>.xml with boxes (pixels from 1, both ends included).
LabelledDataset read_voc_dataset(const std::filesystem::path& folder,
                                 const std::filesystem::path& images);
void write_voc_dataset(const LabelledDataset& dataset, const std::filesystem::path& folder);

}  // namespace ersatz::label
