// What the experiment's parts are called: families of detectors, what they learn from, stages.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/experiment.h"

namespace ersatz::apples {

inline constexpr const char* kClass = "apple";

// What a detector learns from: real pictures (the baseline), generated ones, both.
inline constexpr const char* kRealArm = "real";
inline constexpr const char* kGeneratedArm = "generated";
inline constexpr const char* kBothArm = "both";
const std::vector<std::string>& arms();  // all three, in this order

// Families that can be named in detectors.families; each has a section of its own in a profile.
const std::vector<std::string>& known_families();  // "yolov8", "yolov5", "retinanet"

// A detector's lesson: an arm, and how many of the generated pictures (0: all).
struct Lesson {
  std::string arm;
  std::int64_t generated = 0;
  std::string name() const;  // "generated", "generated-40"
};

inline constexpr const char* kRealStage = "real";
inline constexpr const char* kGeneratorStage = "generator";
inline constexpr const char* kPicturesStage = "pictures";
inline constexpr const char* kLabellerStage = "labeller";
inline constexpr const char* kAutomaticStage = "labels/automatic";
inline constexpr const char* kManualStage = "labels/manual";
inline constexpr const char* kLabellerTestStage = "test/labeller";
std::string pretraining_stage(const std::string& family);
std::string detector_stage(const std::string& family, const Lesson& lesson, std::int64_t seed);
std::string test_stage(const std::string& family, const Lesson& lesson, std::int64_t seed);
std::string gaps_stage(const std::string& family);

// The parts of the real set.
inline constexpr const char* kTrain = "train";
inline constexpr const char* kValidation = "validation";
inline constexpr const char* kTest = "test";

bool has_generator(const core::Config& config);

}  // namespace ersatz::apples
