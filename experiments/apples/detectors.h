// Detectors of every family on every kind of lesson, and their test on real pictures.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/experiment.h"
#include "data/coco/coco_reader.h"
#include "family.h"
#include "label_choice.h"
#include "names.h"
#include "real_set.h"

namespace ersatz::apples {

// All arms have the same number of updates, whatever the number of pictures. Summary as learn();
// without a box in its pictures there is no detector.
std::string add_detector(core::RunContext& run, core::StageGraph& graph, const RealSet& real,
                         const LabelChoice& labels, const Family& family, const Lesson& lesson,
                         std::int64_t seed);

// Finds apples in the real test part: detections.json (COCO results). Summary: {"coco": the twelve
// numbers by name, -1 where there is nothing to find, "precision": at overlap 0.5 and recalls 0.00,
// 0.05, ... 1.00}; {} for a detector that learned nothing.
std::string add_test(core::RunContext& run, core::StageGraph& graph, const RealSet& real,
                     const Family& family, const Lesson& lesson, std::int64_t seed);
// The same of the detector that labels.
std::string add_labeller_test(core::RunContext& run, core::StageGraph& graph, const RealSet& real,
                              const Family& family);

inline constexpr std::size_t kRecallSteps = 21;

// The test part and what a test stage found in it.
data::CocoGroundTruth test_truth(const core::StageContext& stage);
std::vector<data::CocoObject> detections_of(const core::StageContext& stage,
                                            const std::string& test,
                                            const data::CocoGroundTruth& truth);

// Lessons of the learning curve: fewer generated pictures than there are, for curve.family.
std::vector<Lesson> curve_lessons(const core::Config& config);

}  // namespace ersatz::apples
