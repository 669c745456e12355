// Of what use are the labels? Detectors learn from generated pictures and somebody's labels of
// them, and are tested on scenes whose every pixel is known.
//
// The detector is the small segmenter: its parts have boxes, masks and scores. A detector of
// another kind takes its place in add_use_test(), which knows nothing else about it.
#pragma once

#include <cstdint>
#include <string>

#include "core/experiment.h"

namespace ersatz::diffugen {

// Learns from the pictures of all tasks with labels of `lesson` (names.h; of inpainting only labels
// that exist), or from as many scenes with exact masks. Summary: {"pictures", "objects", "web" and
// "camera": {"masks", "boxes"} scores, "images_per_second"}.
std::string add_use_test(core::RunContext& run, core::StageGraph& graph, const std::string& lesson,
                         std::int64_t seed);

}  // namespace ersatz::diffugen
