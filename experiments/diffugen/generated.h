// Labels of generated pictures: by attention, as the dataset has them, and by the segmenter, which
// judges them; and against a sample that somebody labelled.
#pragma once

#include <string>
#include <vector>

#include "core/experiment.h"
#include "label/dataset/labelled_dataset.h"
#include "teachers.h"

namespace ersatz::diffugen {

// <task>/<method>.json (COCO instances with scores, for `ersatz eval labels`), sheet.png. Of
// inpainting there is no "published": its map, of the whole prompt, is not kept. Summary by task:
//   {"pictures", "shown": pictures in which the segmenter finds something, "objects",
//    "published" and "fixed": {"masks", "boxes"} scores in those pictures}
std::string add_generated(core::RunContext& run, core::StageGraph& graph,
                          const TeacherChoice& choice);

// The labels of a task by a method, for a stage that has generated_stage(method) as an input; empty
// where there are none.
label::LabelledDataset labels_of(const core::StageContext& stage, const std::string& task,
                                 const std::string& method);

// sample.labels against the text-to-image labels. Summary by method: {"masks" or "boxes": scores}.
std::string add_sample(core::RunContext& run, core::StageGraph& graph);
bool has_sample(const core::Config& config);

}  // namespace ersatz::diffugen
