// The stages of the experiment: each function declares one and returns its name.
#pragma once

#include <string>

#include "core/experiment.h"
#include "sweep.h"

namespace ersatz::mnist {

// Real digits (MNIST, or drawn stand-ins): train and test sets as IDX files.
std::string add_real_digits(core::RunContext& run, core::StageGraph& graph);

// Font digits, split into pool and test set.
std::string add_font_digits(core::RunContext& run, core::StageGraph& graph);

// PixelDA from fonts to real digits at one ratio.
std::string add_gan(core::RunContext& run, core::StageGraph& graph, const Ratio& ratio,
                    std::int64_t draw_index);

// The font digits of one ratio through the GAN: a training set, a "gan test" set, and the talk's
// picture of ten digits in and out.
std::string add_gan_digits(core::RunContext& run, core::StageGraph& graph, const Ratio& ratio,
                           std::int64_t draw_index, const std::string& gan);

// A classifier trained on one of the five sets at one ratio ("all_real": on every real digit).
// `gan_digits` may be empty for the sets that do not use it.
std::string add_classifier(core::RunContext& run, core::StageGraph& graph, const std::string& set,
                           const Ratio& ratio, std::int64_t seed, std::int64_t draw_index,
                           const std::string& gan_digits);

// Its errors on the real test digits and, where there are GAN digits, on the "gan test" set.
std::string add_score(core::RunContext& run, core::StageGraph& graph, const std::string& classifier,
                      const std::string& gan_digits);

bool uses_gan(const std::string& set);

// File names inside stage folders.
inline constexpr const char* kImages = "images.idx3-ubyte";
inline constexpr const char* kLabels = "labels.idx1-ubyte";

}  // namespace ersatz::mnist
