#include "names.h"

#include <fmt/format.h>

#include <map>

#include "core/config_checks.h"

namespace ersatz::diffugen {

const std::vector<std::string>& methods() {
  static const std::vector<std::string> all = {kPublished, kFixed, kBrief, kSegmenter};
  return all;
}

bool is_attention(const std::string& method) { return method != kSegmenter; }

const std::vector<std::string>& scene_sets() {
  static const std::vector<std::string> all = {kWeb, kCamera, kCrowd, kUnseen};
  return all;
}

std::vector<std::string> parts_of(const core::Config& config, const std::string& set) {
  if (set != kCrowd) return {"scenes"};
  std::vector<std::string> parts;
  for (const std::int64_t count : core::distinct_ints(config, "scenes.objects")) {
    parts.push_back(std::to_string(count));
  }
  return parts;
}

const std::vector<std::string>& tasks() {
  static const std::vector<std::string> all = {"txt2img", "img2img", "inpaint"};
  return all;
}

std::string scenes_stage(const std::string& set, std::int64_t seed) {
  return fmt::format("scenes/{}/seed-{}", set, seed);
}

std::string labels_stage(const std::string& set, const std::string& method, std::int64_t seed) {
  const bool together = method == kPublished || method == kFixed;
  return fmt::format("labels/{}/{}/seed-{}", set, together ? "attention" : method, seed);
}

const char* generated_stage(const std::string& method) {
  return method == kBrief ? kGeneratedBrief : kGenerated;
}

std::string scores_stage(std::int64_t seed) { return fmt::format("scores/seed-{}", seed); }

const std::vector<std::string>& lessons() {
  static const std::vector<std::string> all = {kPublished, kFixed, kBrief, kSegmenter, kExact};
  return all;
}

std::string use_stage(const std::string& lesson, std::int64_t seed) {
  return fmt::format("use/{}/seed-{}", lesson, seed);
}

const std::vector<std::string>& teacher_classes() {
  static const std::vector<std::string> classes = {"car", "truck", "bus", "orange"};
  return classes;
}

std::string teacher_class(const std::string& object) {
  // The published dataset_to_model_class_map.
  static const std::map<std::string, std::string> known = {{"car", "car"}, {"sedan", "car"},
                                                           {"suv", "car"}, {"pickup", "truck"},
                                                           {"bus", "bus"}, {"orange", "orange"}};
  const auto found = known.find(object);
  return found == known.end() ? "" : found->second;
}

}  // namespace ersatz::diffugen
