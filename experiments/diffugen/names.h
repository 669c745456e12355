// What the experiment's parts are called: methods of labelling, sets of scenes, tasks, stages.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/config.h"

namespace ersatz::diffugen {

// Labels of attention by either recipe, those of attention that looks at a picture again and is
// told no more than the object's name, and those of the segmenter.
inline constexpr const char* kPublished = "published";
inline constexpr const char* kFixed = "fixed";
inline constexpr const char* kBrief = "brief";
inline constexpr const char* kSegmenter = "segmenter";
const std::vector<std::string>& methods();  // all of them, in this order
bool is_attention(const std::string& method);

// Scenes whose every pixel is known: cars of the generator's domain and of a camera's, fruits of
// one class in growing numbers, the object that nobody was taught.
inline constexpr const char* kWeb = "web";
inline constexpr const char* kCamera = "camera";
inline constexpr const char* kCrowd = "crowd";
inline constexpr const char* kUnseen = "unseen";
const std::vector<std::string>& scene_sets();

// The folders of a set: "scenes", of a crowd one for each number of objects ("1", "2", ...).
std::vector<std::string> parts_of(const core::Config& config, const std::string& set);

const std::vector<std::string>& tasks();  // "txt2img", "img2img", "inpaint"

std::string scenes_stage(const std::string& set, std::int64_t seed);
// Where a method's labels are: published and fixed ones are made together.
std::string labels_stage(const std::string& set, const std::string& method, std::int64_t seed);
std::string scores_stage(std::int64_t seed);
inline constexpr const char* kTeacher = "segmenter";  // what supervised labels come from
inline constexpr const char* kJudge = "judge";
inline constexpr const char* kFruitJudge = "fruit-judge";
inline constexpr const char* kDataset = "dataset";
inline constexpr const char* kGenerated = "generated";
inline constexpr const char* kGeneratedBrief = "generated-brief";
// The stage with a method's labels of the generated pictures.
const char* generated_stage(const std::string& method);
inline constexpr const char* kSample = "sample";
inline constexpr const char* kDiversity = "diversity";

// Who made the labels that a detector of the use test learns from: a method, or kExact: scenes with
// masks that are known, as many as there are generated pictures.
inline constexpr const char* kExact = "exact";
const std::vector<std::string>& lessons();
std::string use_stage(const std::string& lesson, std::int64_t seed);

// The classes a segmenter tells apart, as COCO's networks do.
const std::vector<std::string>& teacher_classes();
// That of an object of a scene ("suv" -> "car"); empty when it is none of them.
std::string teacher_class(const std::string& object);

}  // namespace ersatz::diffugen
