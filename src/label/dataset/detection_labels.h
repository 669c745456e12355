// Labels to train a detector on: COCO, YOLO or VOC, read to the end whatever is wrong with them, so
// that every mistake is known before anything is trained.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/detection/detection_set.h"
#include "label/dataset/label_report.h"

namespace ersatz::label {

enum class DetectionFormat { kCoco, kYolo, kVoc };

// "coco", "yolo", "voc"; Error::unknown otherwise.
DetectionFormat parse_detection_format(const std::string& name);

struct DetectionSource {
  std::filesystem::path path;  // COCO: the JSON file; YOLO, VOC: the folder
  DetectionFormat format = DetectionFormat::kCoco;
  // Of the pictures; empty: images/ beside the labels where that is a folder, else the labels' own
  // folder. YOLO: as data.yaml says.
  std::filesystem::path images;
  std::string part;  // of a YOLO data.yaml: "train", "val", "test"; empty: the first it has
};

struct DetectionLabels {
  std::vector<std::string> classes;
  std::vector<data::DetectionLabel> pictures;  // by name; with what is right with them only
  LabelReport report;                          // all that is not

  std::size_t boxes() const;    // crowds, too
  std::size_t objects() const;  // boxes of single objects: what is trained on and counted
};

// What is left out and reported, each by its picture: pictures that are missing, damaged in their
// headers or of another size; labels without a category, with coordinates that are not finite or
// without area; ids and whole labels that occur twice; boxes with more than a pixel beyond their
// picture. Reported besides: a dataset without the box of a single object, be it that there is none
// or that all are crowds. Up to a pixel of a box beyond its picture is rounding, and cut off. A
// picture without labels is a picture without objects.
//
// `classes`: what the classes must be (those of the training set, for a validation set); empty: as
// the file says (VOC: classes.txt, else in the order in which they occur). Error::missing when
// there is no such file or folder; Error::untrusted when the list of pictures or classes cannot be
// read at all; Error::usage when the classes are others.
DetectionLabels read_detection_labels(const DetectionSource& source,
                                      const std::vector<std::string>& classes = {});

enum class BadLabels { kRefuse, kLeaveOut };

// Error::untrusted (exit 30) with the report's summary unless it is clean, or `policy` is to leave
// out what is wrong; that there is an object left is asked in any case.
void require_usable(const DetectionLabels& labels, const std::filesystem::path& source,
                    BadLabels policy);

}  // namespace ersatz::label
