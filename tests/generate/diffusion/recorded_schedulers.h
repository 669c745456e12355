// Samplers that the reference implementation stepped through (shared/fixtures/schedulers and, ten
// steps of each, tests/fixtures/schedulers).
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/json.h"
#include "generate/diffusion/schedulers/scheduler.h"
#include "models/safetensors.h"

namespace ersatz::test {

// What all samplers were fed.
struct SchedulerFeeds {
  torch::Tensor model_outputs;  // [calls, 1, 4, 2, 3]
  torch::Tensor unit_sample;    // [1, 4, 2, 3]
  torch::Tensor clean, noise;   // [3, 4, 2, 3], of add_noise
};

struct RecordedScheduler {
  std::string name;
  core::Json config;                       // as scheduler_config.json
  std::map<std::int64_t, double> initial;  // init_noise_sigma by number of steps
  models::NamedTensors tensors;            // "n10.timesteps", ...

  generate::SchedulerConfig parsed() const;
  // Undefined when it was not recorded.
  torch::Tensor tensor(std::int64_t steps, const std::string& key) const;
};

struct RecordedSchedulers {
  SchedulerFeeds feeds;
  std::vector<RecordedScheduler> schedulers;
};

RecordedSchedulers load_committed_schedulers();
RecordedSchedulers load_shared_schedulers(const std::filesystem::path& folder);

// scheduler_config.json of a tiny hand-made kind: {"_class_name": name} and nothing else.
core::Json bare_scheduler(const std::string& name);

// Largest |a - b| over largest |b|.
double relative_difference(const torch::Tensor& a, const torch::Tensor& b);

}  // namespace ersatz::test
