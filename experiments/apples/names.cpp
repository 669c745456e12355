#include "names.h"

#include <fmt/format.h>

namespace ersatz::apples {

const std::vector<std::string>& arms() {
  static const std::vector<std::string> all = {kRealArm, kGeneratedArm, kBothArm};
  return all;
}

const std::vector<std::string>& known_families() {
  static const std::vector<std::string> all = {"yolov8", "yolov5", "retinanet"};
  return all;
}

std::string Lesson::name() const {
  return generated > 0 ? fmt::format("{}-{}", arm, generated) : arm;
}

std::string pretraining_stage(const std::string& family) {
  return fmt::format("pretraining/{}", family);
}

std::string detector_stage(const std::string& family, const Lesson& lesson, std::int64_t seed) {
  return fmt::format("detector/{}/{}/seed-{}", family, lesson.name(), seed);
}

std::string test_stage(const std::string& family, const Lesson& lesson, std::int64_t seed) {
  return fmt::format("test/{}/{}/seed-{}", family, lesson.name(), seed);
}

std::string gaps_stage(const std::string& family) { return fmt::format("gaps/{}", family); }

bool has_generator(const core::Config& config) {
  return !config.get_string("generator.model").empty();
}

}  // namespace ersatz::apples
