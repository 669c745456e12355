// Attention that is asked briefly: a picture that is there already is looked at again
// (label/picture_attention.h) with a prompt that names the object, with its colour where that is
// known, and nothing else; and the object's share of the attention at each place counts, not its
// amount.
//
// A caption that also tells the view, the road, the weather and the hour gives the network many
// words to attend to where the object is, and the object's own word loses.
#pragma once

#include <string>

#include "core/experiment.h"
#include "label/picture_attention.h"

namespace ersatz::diffugen {

// attention.* of the configuration; `brief`: normalised over the words.
label::PictureAttentionOptions attention_options(const core::Config& config, std::int64_t seed,
                                                 bool brief);

// The prompt (brief.prompt) and the word for one object of this name.
void ask_briefly(const core::Config& config, const std::string& name,
                 label::AttendedPicture& question);

// Labels of the generated pictures so: <task>/brief.json (COCO instances with scores). Summary by
// task: {"masks", "boxes"} scores in the pictures in which the segmenter finds something.
std::string add_generated_brief(core::RunContext& run, core::StageGraph& graph);

}  // namespace ersatz::diffugen
