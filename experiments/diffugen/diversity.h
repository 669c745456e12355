// How much generated pictures differ, and how much of it each attribute of the prompt accounts for.
#pragma once

#include <string>
#include <vector>

#include "core/experiment.h"

namespace ersatz::diffugen {

// Attributes of the configuration that the generated pictures can differ in, and what scenes call
// them: {"object_name", "vehicle"}, ...
struct DiversityAttribute {
  std::string name, scene_name;
};
const std::vector<DiversityAttribute>& diversity_attributes();

// Variance of the judge's features over the text-to-image pictures and over scenes with the same
// attributes. Summary: {"generated" and "scenes": {"total", <attribute>: share of the variance that
// is between its values, where it has several}, "as_asked": share of pictures in which the judge
// sees the vehicle that was asked for, "tasks": {task: total variance}}. Scenes are left out when
// an attribute has a value that scenes do not know.
std::string add_diversity(core::RunContext& run, core::StageGraph& graph);

}  // namespace ersatz::diffugen
