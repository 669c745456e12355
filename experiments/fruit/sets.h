// The four training sets of the experiment, and which draw of one a replicate uses.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/experiment.h"

namespace ersatz::fruit {

inline constexpr const char* kFewShot = "few_shot";
inline constexpr const char* kCopyPaste = "copy_paste";
inline constexpr const char* kDiffusion = "diffusion";
inline constexpr const char* kHybrid = "hybrid";

// All four, in the order of the paper's tables.
const std::vector<std::string>& sets();

bool uses_cut_outs(const std::string& set);
bool uses_diffusion(const std::string& set);

// Whether this run has a diffusion model at all.
bool has_diffusion(const core::Config& config);

// Replicates take the draws in turn: of cut-outs (few-shot and copy-paste) and of generated
// pictures.
std::int64_t cut_out_draw(const core::Config& config, std::int64_t seed);
std::int64_t diffusion_draw(const core::Config& config, std::int64_t seed);

// Names of the stages that hold a draw.
std::string few_shot_stage(std::int64_t draw);
std::string copy_paste_stage(std::int64_t draw);
std::string diffusion_stage(std::int64_t draw);

// The stages that hold the pictures of a set as a replicate uses it.
std::vector<std::string> stages_of(const core::Config& config, const std::string& set,
                                   std::int64_t seed);

}  // namespace ersatz::fruit
