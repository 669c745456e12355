// The parts that the readers of detection labels share.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "data/coco/coco_reader.h"
#include "label/dataset/detection_labels.h"

namespace ersatz::label {

class DetectionScan {
 public:
  // Takes the picture when its file is there and of this size (0: any). Its index, or nothing.
  std::optional<std::size_t> add_picture(const std::filesystem::path& folder,
                                         const std::string& name, int width, int height);
  // Takes the box when it is in order. `where`: its place in the labels.
  void add_box(std::size_t picture, const std::string& where, std::int64_t class_index,
               const data::CocoBox& box, bool crowd);
  void add_problem(LabelProblem problem, const std::string& file, const std::string& detail) {
    labels_.report.add(problem, file, detail);
  }

  const data::DetectionLabel& picture(std::size_t index) const { return labels_.pictures[index]; }
  // Sorted by name, after the last check.
  DetectionLabels finish(std::vector<std::string> classes, const std::filesystem::path& source);

 private:
  DetectionLabels labels_;
  std::map<std::string, std::size_t> names_;
  // Class and corners of what each picture has.
  std::vector<std::set<std::tuple<std::int64_t, float, float, float, float>>> boxes_;
};

void scan_coco(const DetectionSource& source, DetectionScan& scan,
               std::vector<std::string>& classes);
void scan_yolo(const DetectionSource& source, DetectionScan& scan,
               std::vector<std::string>& classes);
void scan_voc(const DetectionSource& source, DetectionScan& scan,
              std::vector<std::string>& classes);

}  // namespace ersatz::label
