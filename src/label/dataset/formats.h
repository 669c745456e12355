// Reading and writing labelled datasets: one function each way for every format.
//
// Readers refuse what is malformed (Error::untrusted, naming file and place) and never look outside
// the dataset's folder. Writers write labels only, into a folder that is theirs, and refer to the
// pictures by the paths they have below `images` (data_files.h links or copies them).
#pragma once

#include <filesystem>

#include "label/dataset/labelled_dataset.h"

namespace ersatz::label {

// COCO instances, one JSON file; outlines as polygons. Run lengths that are read become outlines;
// an object without "segmentation" has a box only. Polygons that are written may cost what
// data::MaskBudget allows.
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

// DiffuGen: labels/<picture>.json (label/diffugen/label_file.h) for the pictures below images/, and
// the class names in recipe.json (of `ersatz diffugen run`) or classes.txt, one on each line.
// Pictures without a label file are not part of the dataset.
LabelledDataset read_diffugen_dataset(const std::filesystem::path& folder);
void write_diffugen_dataset(const LabelledDataset& dataset, const std::filesystem::path& folder);

// Hugging Face imagefolder: metadata.jsonl with "file_name" and "objects" {"bbox",
// "categories", "segmentation", "scores"}, and a dataset card README.md that names the classes.
LabelledDataset read_imagefolder_dataset(const std::filesystem::path& folder);
void write_imagefolder_dataset(const LabelledDataset& dataset, const std::filesystem::path& folder);

// Croissant 1.0 metadata (croissant.json, JSON-LD) over pictures in images/ and one line for each
// object in objects.jsonl; class names are the records of its record set "classes".
LabelledDataset read_croissant_dataset(const std::filesystem::path& folder);
void write_croissant_dataset(const LabelledDataset& dataset, const std::filesystem::path& folder);

// Label Studio: tasks.json with predictions, and label_config.xml, the labelling interface that
// goes with them. What is read is such a folder or an exported JSON file; annotations of people
// count before predictions, pictures with neither have no objects.
LabelledDataset read_label_studio_dataset(const std::filesystem::path& path,
                                          const std::filesystem::path& images);
void write_label_studio_dataset(const LabelledDataset& dataset,
                                const std::filesystem::path& folder);

}  // namespace ersatz::label
