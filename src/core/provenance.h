// Everything a reader needs to trace a number: code, libraries, machine, configuration, inputs.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/config.h"
#include "core/experiment.h"
#include "core/json.h"
#include "core/run_directory.h"
#include "core/stage_plan.h"

namespace ersatz::core {

struct ProvenanceInput {
  const RunRequest* request = nullptr;
  const Config* config = nullptr;
  std::vector<std::int64_t> seeds;
  std::string device, device_name, numerics;
  int threads = 1;
  std::map<std::string, std::string> libraries;  // "libtorch" -> "1.13.1"
  std::map<std::string, DatasetHandle> datasets;
  std::map<std::string, std::string> input_digests;  // other inputs of stages: "fonts" -> sha256
  const std::vector<PlannedStage>* plan = nullptr;
  std::string started;
  double wall_seconds = 0;
  double compute_seconds = 0;  // sum over the stages used, also those finished by earlier runs
};

// No machine paths, no user names: results are published.
Json provenance_json(const ProvenanceInput& input);

}  // namespace ersatz::core
