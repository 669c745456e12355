// What is wrong with the labels of a detection dataset, mistake by mistake and file by file.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace ersatz::label {

enum class LabelProblem {
  kMalformed,       // a file or entry that cannot be read
  kMissingPicture,  // no such picture file, or one that cannot be read
  kWrongSize,       // the picture has another size than its labels say
  kNoCategory,      // a class that the dataset does not have
  kDuplicate,       // an id, or a whole label, that was there before
  kNotFinite,       // a coordinate that is no finite number
  kZeroArea,        // a box of width or height 0 or less
  kOutside,         // a box that reaches more than a pixel beyond the picture
  kNoBoxes,         // not one box in the whole dataset, but for crowds
};
inline constexpr std::size_t kLabelProblems = 9;

// "box outside the picture", ...
std::string_view label_problem_name(LabelProblem problem);

struct LabelFinding {
  LabelProblem problem = LabelProblem::kMalformed;
  std::string file;    // of the picture where one is known, else of the labels
  std::string detail;  // the place in it and the value: "annotation 7: 0 x 12 px"
};

class LabelReport {
 public:
  void add(LabelProblem problem, std::string file, std::string detail);

  bool clean() const { return findings_.empty(); }
  const std::vector<LabelFinding>& findings() const {
    return findings_;
  }  // in the order of reading
  std::int64_t count(LabelProblem problem) const {
    return counts_[static_cast<std::size_t>(problem)];
  }

  // {"problems": n, "counts": {name: n}, "files": {file: ["name: detail", ...]}}
  core::Json json() const;
  // "3 problems in 2 files: 2 x box of no area, 1 x duplicate; first: a.png, annotation 7: ..."
  std::string summary() const;

 private:
  std::vector<LabelFinding> findings_;
  std::array<std::int64_t, kLabelProblems> counts_ = {};
};

}  // namespace ersatz::label
