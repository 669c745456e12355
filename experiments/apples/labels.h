// Labels of the generated pictures.
#pragma once

#include <string>
#include <vector>

#include "core/experiment.h"
#include "data/detection/detection_set.h"
#include "family.h"
#include "generator.h"
#include "label_choice.h"
#include "real_set.h"

namespace ersatz::apples {

// The detector that labels: of labeller.family, taught on drawn orchards of the web domain.
std::string add_labeller(core::RunContext& run, core::StageGraph& graph, const Family& family);

// <method>.json of both automatic methods (COCO with scores); export/ for people: images/,
// coco.json, YOLO's data.yaml and labels/, Label Studio's tasks.json and label_config.xml, with the
// boxes of labels.preannotations. Beside that, what the methods are
// worth on labels.checked pictures of the real validation part. Summary by method:
//   {"objects", "without": pictures without a label, "real": scores of boxes (evaluate/labels)}
std::string add_automatic_labels(core::RunContext& run, core::StageGraph& graph,
                                 const RealSet& real, const runner::ModelFiles& base);

// manual.json: the labels of labels.folder that belong to generated pictures. Summary:
// {"pictures", "objects", "unlabelled": pictures that nobody labelled}.
std::string add_manual_labels(core::RunContext& run, core::StageGraph& graph,
                              const LabelChoice& choice);

// The stage that holds what detectors learn from; empty when nobody has labelled yet.
std::string labels_stage(const LabelChoice& choice);

// Those of the first `limit` generated pictures (0: all), to train on.
std::vector<data::DetectionLabel> read_labels(const core::StageContext& stage,
                                              const LabelChoice& choice, const core::Config& config,
                                              std::int64_t limit);

}  // namespace ersatz::apples
