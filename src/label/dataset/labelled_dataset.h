// A labelled dataset in memory, as all formats that can be read and written agree on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/json.h"
#include "data/coco/coco_reader.h"

namespace ersatz::label {

inline constexpr std::size_t kMaxClasses = 100'000;  // that a file may name
inline constexpr int kMaxPictureSide = 1 << 20;      // px; labels may be of more than is read
// Of a picture's file: of a part of its path, and of all of it. What file systems allow.
inline constexpr std::size_t kMaxNameBytes = 255, kMaxPathBytes = 4095;

// A closed outline: x0, y0, x1, y1, ... in px, the upper left corner of the picture at (0, 0).
using Outline = std::vector<double>;

struct AnnotatedObject {
  std::int64_t class_index = 0;   // of LabelledDataset::classes
  data::CocoBox box;              // px
  std::vector<Outline> outlines;  // parts; empty: a box is all that is known
  double score = 1;               // in [0, 1]; 1 where the format has none
  bool crowd = false;
  core::Json origin;  // how the label came about; null where unknown
};

struct LabelledPicture {
  std::string file;           // below LabelledDataset::images, '/'-separated
  int width = 0, height = 0;  // px
  std::vector<AnnotatedObject> objects;
  core::Json details;  // prompt, seed and the like; null where unknown
};

struct LabelledDataset {
  std::filesystem::path images;  // folder of the picture files
  std::vector<std::string> classes;
  std::vector<LabelledPicture> pictures;  // by file name
};

// The box around all outlines. Error::internal when there is none.
data::CocoBox box_around(const std::vector<Outline>& outlines);

// Why `file` cannot be that of a picture below some folder: it leaves the folder, names no file, is
// too long or not UTF-8. Empty when it can.
std::string picture_path_fault(const std::string& file);

// Error::untrusted naming `source` for more than kMaxClasses, and for a name that is empty, not
// UTF-8 or has control characters: formats write them one on a line.
void check_classes(const std::vector<std::string>& classes, const std::filesystem::path& source);

// The names that several classes have, in alphabetical order. Files of the field have them: COCO's
// classes are told apart by their numbers.
std::vector<std::string> repeated_classes(const std::vector<std::string>& classes);

// Sorts pictures by file, and checks what every writer relies on: classes and their indices, finite
// numbers, sizes of at most kMaxPictureSide and 2^31 - 1 px in all, outlines of three corners or
// more, files that stay below `images`, none twice.
// Error::untrusted naming `source` and the picture.
void check_dataset(LabelledDataset& dataset, const std::filesystem::path& source);

}  // namespace ersatz::label
