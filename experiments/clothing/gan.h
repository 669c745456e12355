// Stages that train generators and draw from them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/experiment.h"

namespace ersatz::clothing {

inline constexpr const char* kGenerator = "generator.safetensors";

// A conditional GAN: generator, discriminator, the log of its training (a line per epoch), and for
// the article's arm generators after gan.snapshots epochs.
std::string add_gan(core::RunContext& run, core::StageGraph& graph, const std::string& arm,
                    std::int64_t seed);

// The generator after so many epochs, in the folder of the stage above.
std::filesystem::path snapshot_file(const std::filesystem::path& folder, std::int64_t epochs);
// Epochs of gan.snapshots that are within gan.epochs, ascending.
std::vector<std::int64_t> snapshot_epochs(const core::Config& config);

// Pictures of a finished generator: balanced/ has samples.per_class of each class, matched/ one for
// each training picture of the same class.
std::string add_samples(core::RunContext& run, core::StageGraph& graph, const std::string& arm,
                        std::int64_t seed);

}  // namespace ersatz::clothing
