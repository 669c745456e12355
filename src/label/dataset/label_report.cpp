#include "label/dataset/label_report.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "core/printable.h"

namespace ersatz::label {

std::string_view label_problem_name(LabelProblem problem) {
  switch (problem) {
    case LabelProblem::kMalformed:
      return "malformed";
    case LabelProblem::kMissingPicture:
      return "picture missing";
    case LabelProblem::kWrongSize:
      return "picture of another size";
    case LabelProblem::kNoCategory:
      return "category missing";
    case LabelProblem::kDuplicate:
      return "duplicate";
    case LabelProblem::kNotFinite:
      return "coordinate not finite";
    case LabelProblem::kZeroArea:
      return "box of no area";
    case LabelProblem::kOutside:
      return "box outside the picture";
    case LabelProblem::kNoBoxes:
      return "no box of a single object";
  }
  return "";
}

void LabelReport::add(LabelProblem problem, std::string file, std::string detail) {
  ++counts_[static_cast<std::size_t>(problem)];
  findings_.push_back({problem, core::printable(file), core::printable(detail)});
}

core::Json LabelReport::json() const {
  core::Json counts = core::Json::object();
  for (std::size_t i = 0; i < kLabelProblems; ++i) {
    counts[std::string(label_problem_name(static_cast<LabelProblem>(i)))] = counts_[i];
  }
  // In the order of reading. The object itself would look through all files for each finding.
  core::Json::object_t files;
  std::map<std::string_view, std::size_t> places;
  for (const LabelFinding& finding : findings_) {
    const auto [place, is_new] = places.emplace(finding.file, files.size());
    if (is_new) files.emplace_back(finding.file, core::Json::array());
    const auto entry = files.begin() + static_cast<std::ptrdiff_t>(place->second);
    entry->second.push_back(
        fmt::format("{}: {}", label_problem_name(finding.problem), finding.detail));
  }
  return {{"problems", findings_.size()}, {"counts", counts}, {"files", std::move(files)}};
}

std::string LabelReport::summary() const {
  if (clean()) return "no problems";
  std::set<std::string> files;
  for (const LabelFinding& finding : findings_) files.insert(finding.file);
  std::string kinds;
  for (std::size_t i = 0; i < kLabelProblems; ++i) {
    if (counts_[i] == 0) continue;
    kinds += fmt::format("{}{} x {}", kinds.empty() ? "" : ", ", counts_[i],
                         label_problem_name(static_cast<LabelProblem>(i)));
  }
  return fmt::format("{} problems in {} files: {}; first: {}, {}", findings_.size(), files.size(),
                     kinds, findings_.front().file, findings_.front().detail);
}

}  // namespace ersatz::label
