// Stages that label scenes whose every pixel is known, and score the labels.
//
// Attention comes from the very scene: its latents with noise on them, the caption as prompt, the
// object's word (label/picture_attention.h). Made by img2img instead, the maps would be of another
// picture than the one whose mask is known.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/experiment.h"
#include "data/coco/coco_reader.h"
#include "label/object_label.h"
#include "teachers.h"

namespace ersatz::diffugen {

// <part>/published.json and fixed.json (COCO results), <part>/maps/<image id>.png; with `brief`
// <part>/brief.json instead of the two.
std::string add_attention_labels(core::RunContext& run, core::StageGraph& graph,
                                 const std::string& set, std::int64_t seed, bool brief);

// <part>/segmenter.json.
std::string add_segmenter_labels(core::RunContext& run, core::StageGraph& graph,
                                 const std::string& set, std::int64_t seed,
                                 const TeacherChoice& choice);

// What all labels of a seed are worth, whatever they call their objects. Summary:
//   {"sets": {set: {part: {method: {"masks": scores, "boxes": scores}}}},
//    "all": {method: scores of cars and crowds together}}       (evaluate/labels)
std::string add_scores(core::RunContext& run, core::StageGraph& graph, std::int64_t seed);

// Labels of pictures as a COCO results file; every class is category 1.
void write_labels(const std::filesystem::path& file,
                  const std::vector<std::pair<std::int64_t, std::vector<label::ObjectLabel>>>& all);

// Scores of such a file, by masks and boxes.
core::Json score_labels(const data::CocoGroundTruth& truth, const std::filesystem::path& labels);

// How the pictures of a part are looked at.
struct Looking {
  std::filesystem::path model, embedding;
  std::string word, prompt;  // empty: the picture's own word and caption
  std::string device;
  bool brief = false;  // told the object's name only; see brief.h
};
// Writes published.json and fixed.json, or brief.json, and maps/ into `to`.
void label_by_attention(const core::Config& config, const std::filesystem::path& scenes,
                        const std::filesystem::path& to, std::int64_t seed, const Looking& looking);

}  // namespace ersatz::diffugen
