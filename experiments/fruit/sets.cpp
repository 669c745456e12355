#include "sets.h"

#include <fmt/format.h>

#include "core/config_checks.h"
#include "core/error.h"

namespace ersatz::fruit {

namespace {

std::int64_t draw_of(const core::Config& config, std::int64_t seed, const char* key) {
  return (seed - config.get_int("seed")) % core::int_within(config, key, 1);
}

}  // namespace

const std::vector<std::string>& sets() {
  static const std::vector<std::string> all = {kFewShot, kCopyPaste, kDiffusion, kHybrid};
  return all;
}

bool uses_cut_outs(const std::string& set) { return set == kCopyPaste || set == kHybrid; }

bool uses_diffusion(const std::string& set) { return set == kDiffusion || set == kHybrid; }

bool has_diffusion(const core::Config& config) {
  return !config.get_string("diffusion.model").empty();
}

std::int64_t cut_out_draw(const core::Config& config, std::int64_t seed) {
  return draw_of(config, seed, "cutouts.draws");
}

std::int64_t diffusion_draw(const core::Config& config, std::int64_t seed) {
  return draw_of(config, seed, "diffusion.draws");
}

std::string few_shot_stage(std::int64_t draw) { return fmt::format("few-shot/draw-{}", draw); }

std::string copy_paste_stage(std::int64_t draw) { return fmt::format("copy-paste/draw-{}", draw); }

std::string diffusion_stage(std::int64_t draw) { return fmt::format("diffusion/draw-{}", draw); }

std::vector<std::string> stages_of(const core::Config& config, const std::string& set,
                                   std::int64_t seed) {
  if (set == kFewShot) return {few_shot_stage(cut_out_draw(config, seed))};
  std::vector<std::string> stages;
  if (uses_cut_outs(set)) stages.push_back(copy_paste_stage(cut_out_draw(config, seed)));
  if (uses_diffusion(set)) stages.push_back(diffusion_stage(diffusion_draw(config, seed)));
  return stages;
}

}  // namespace ersatz::fruit
