// The README of a model that was trained here: what it is, what it learned from, what it measured.
#pragma once

#include <map>
#include <string>

#include "core/config.h"
#include "core/experiment.h"
#include "core/json.h"

namespace ersatz::runner {

struct ModelCardInput {
  const core::Config* recipe = nullptr;
  const core::FinishedStages* stages = nullptr;
  std::map<std::string, double> stage_seconds;
  core::Json provenance;  // core::provenance_json
};

// Markdown with the YAML header that model hubs read. Equal input gives equal text.
std::string model_card(const ModelCardInput& input);

}  // namespace ersatz::runner
