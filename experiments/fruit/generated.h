// Stages with what is generated: images/<class>/*.png each.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/experiment.h"

namespace ersatz::fruit {

// Cut-outs of few-shot draw `draw` on backgrounds. `backgrounds` is the stage with drawn ones, or
// empty.
std::string add_copy_paste(core::RunContext& run, core::StageGraph& graph, std::int64_t draw,
                           const std::string& backgrounds);

// The diffusion model of a run. `diffusion.model` names a manifest, a folder in assets/, or a path.
struct DiffusionModelChoice {
  std::filesystem::path path;
  std::string digest;
};
DiffusionModelChoice diffusion_model(core::RunContext& run);

// Pictures of every class from the diffusion model.
std::string add_diffusion(core::RunContext& run, core::StageGraph& graph, std::int64_t draw,
                          const DiffusionModelChoice& model);

}  // namespace ersatz::fruit
