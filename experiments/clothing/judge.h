// The classifier that looks at the generated pictures: what class it takes them for, and the
// features in which sets of pictures are compared.
#pragma once

#include <string>
#include <vector>

#include "core/experiment.h"
#include "data/labelled_images.h"

namespace ersatz::clothing {

inline constexpr const char* kJudge = "judge";

// Trained on the real training pictures, with and without their background where the profile
// compares the two, so that it knows either kind. Summary: accuracy on the test pictures and the
// confusion of the classes there ("original", "foreground").
std::string add_judge(core::RunContext& run, core::StageGraph& graph,
                      const std::vector<std::string>& pictures);

// What the judge makes of a set.
struct Judged {
  std::vector<int> predictions;  // [N]
  std::vector<float> features;   // [N, width]
  std::int64_t width = 0;
};
Judged judge_pictures(const core::StageContext& stage, const data::LabelledImages& images,
                      const std::string& device);

// {"count", "accuracy", "recall": [...], "confusion": [[...]], ...} of predictions for the labels.
core::Json agreement(const data::LabelledImages& images, const std::vector<int>& predictions,
                     const std::vector<std::string>& classes);

}  // namespace ersatz::clothing
