// A word for the object that the model was never taught, learned from a few pictures of it (the
// paper's figures 3 and 6), and what attention to that word is worth.
#pragma once

#include <cstdint>
#include <string>

#include "core/experiment.h"

namespace ersatz::diffugen {

// Whether inversion.steps is above 0 and there is a model.
bool has_inversion(const core::Config& config);

// The same for inversion.fruit_steps.
bool has_fruit_inversion(const core::Config& config);

// learned_embeds.safetensors, before/ and after/ with pictures, sheet.png. Summary: {"pictures",
// "before", "after": share of them that the judge takes for the object}.
std::string add_inversion(core::RunContext& run, core::StageGraph& graph);
// The same for a lemon, a fruit among those that mini-SD has seen; a judge of fruits.
std::string add_fruit_inversion(core::RunContext& run, core::StageGraph& graph);

// Labels of the unseen scenes by attention to the learned word, and their scores: {method:
// {"masks", "boxes"}}.
std::string add_token_labels(core::RunContext& run, core::StageGraph& graph, std::int64_t seed);

// inversion.shown.<before|after>, inversion.fruit.<before|after>,
// inversion.token.<published|fixed>.<measure>, and the sheets.
void record_inversion(core::RunContext& run, const core::FinishedStages& stages,
                      core::Results& results);

}  // namespace ersatz::diffugen
