// Pictures to look at: generated orchards beside real ones, and what detectors find.
#pragma once

#include <cstdint>
#include <string>

#include "core/experiment.h"
#include "label_choice.h"
#include "names.h"
#include "real_set.h"

namespace ersatz::apples {

// Whether sheets may show the real pictures: drawn ones always, photographs with run.real_pictures.
bool shows_real(const core::Config& config);

inline constexpr const char* kSamplesStage = "sheet/samples";
inline constexpr const char* kFoundStage = "sheet/found";

// samples.png: real pictures that the generator learned from; the same prompts and seeds before and
// after; the generated pictures with their labels.
std::string add_samples(core::RunContext& run, core::StageGraph& graph, const LabelChoice& labels);

// found.png: pictures of the test part with their true boxes, and what the detectors of a family
// found with a score of sheet.confidence or more. `generated`: whether there are all arms.
std::string add_found(core::RunContext& run, core::StageGraph& graph, const RealSet& real,
                      const std::string& family, bool generated, std::int64_t seed);

}  // namespace ersatz::apples
