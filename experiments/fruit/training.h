// Stages that train classifiers and look at what they learned.
#pragma once

#include <cstdint>
#include <string>

#include "core/experiment.h"

namespace ersatz::fruit {

// A classifier trained on one of the sets for so many epochs: classifier.safetensors.
std::string add_classifier(core::RunContext& run, core::StageGraph& graph, const std::string& set,
                           std::int64_t epochs, std::int64_t seed);

// The classifier with the best validation accuracy among the numbers of epochs, on the validation
// part of its set and on the test photographs.
std::string add_score(core::RunContext& run, core::StageGraph& graph, const std::string& set,
                      std::int64_t seed);

// A network that tells the classes apart without having seen any of the sets, for profiles without
// pretrained weights: trained on drawn scenes half-way between the domains. Its name, or "" where
// the pretrained weights serve.
std::string add_judge(core::RunContext& run, core::StageGraph& graph);

// How much the pictures of a stage differ, in the features of the judge or of the pretrained
// network: summary {"within_class", "total", "pictures"}.
std::string add_diversity(core::RunContext& run, core::StageGraph& graph, const std::string& set,
                          std::int64_t seed, const std::string& judge);
std::string add_photograph_diversity(core::RunContext& run, core::StageGraph& graph,
                                     const std::string& judge);

std::string score_stage(const std::string& set, std::int64_t seed);
std::string diversity_stage(const std::string& set, std::int64_t seed);
inline constexpr const char* kPhotographDiversity = "diversity/photographs";

}  // namespace ersatz::fruit
