// Networks that were taught on scenes of the generator's domain whose every pixel is known: the
// segmenter of supervised labels, and a classifier that measures diversity and says what a picture
// shows.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/experiment.h"
#include "runner/labelling/segmenter_source.h"

namespace ersatz::diffugen {

// segmenter.network "small": trained on drawn scenes (segmenter.safetensors). "yolov8-seg": no
// stage, the weights of a manifest; "" is returned.
std::string add_teacher(core::RunContext& run, core::StageGraph& graph);

// Where the segmenter's weights are, and the digest that enters keys.
struct TeacherChoice {
  std::string stage;  // or
  std::filesystem::path weights;
  std::string manifest, digest;  // of `weights`
};
TeacherChoice teacher(core::RunContext& run);
// Makes it an input of a stage.
void use_teacher(const TeacherChoice& choice, core::StageSpec& spec);

// The segmenter, for labels of teacher_classes().
class Teacher {
 public:
  Teacher(const TeacherChoice& choice, const core::StageContext& stage, const core::Config& config,
          const std::string& device);
  std::vector<label::ObjectLabel> labels(const data::RgbImage& picture) const;

 private:
  std::unique_ptr<runner::SegmenterSource> source_;
};

// judge.safetensors: tells vehicles and grand pianos apart.
std::string add_judge(core::RunContext& run, core::StageGraph& graph);
const std::vector<std::string>& judge_classes();
// The same for fruits and the lemon, which scenes show on request only.
std::string add_fruit_judge(core::RunContext& run, core::StageGraph& graph);
const std::vector<std::string>& fruit_judge_classes();

}  // namespace ersatz::diffugen
