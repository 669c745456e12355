// Stages with the real pictures, as the networks see them.
#pragma once

#include <string>

#include "core/experiment.h"

namespace ersatz::clothing {

inline constexpr const char* kScenes = "scenes";  // data.pictures: drawn stand-ins

// train/ and test/ with grey pictures of 28 x 28 px, either as the article prepares them or after
// GrabCut has taken the background away. Summary: training_images, test_images, refused (files that
// could not be read), without_foreground.
std::string add_pictures(core::RunContext& run, core::StageGraph& graph, bool foreground);

}  // namespace ersatz::clothing
