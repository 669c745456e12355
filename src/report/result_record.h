// What a run hands over to be published: the content of metrics.json and provenance.json, from
// which every table, plot and verdict can be made again without the run.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/experiment.h"
#include "core/json.h"
#include "core/metrics.h"

namespace ersatz::report {

struct ResultRecord {
  std::string experiment, profile, profile_title;
  std::string command;     // "make reproduce-mnist PROFILE=reduced"
  std::string data_label;  // core::Results::data_label
  std::int64_t card_version = 0;
  core::MetricTable metrics;
  std::vector<core::Picture> pictures;  // file: absolute, or relative to the results folder
  std::vector<std::string> notes;       // shown under the tables
  std::vector<std::string> differs;     // prose: what was reduced
  core::Json difference;                // Config::difference: {"key": [base, own]}
  core::Json provenance;                // core::provenance_json
};

// metrics.json: everything but the provenance. Equal metrics give equal bytes.
core::Json metrics_json(const ResultRecord& record);

// Reads metrics.json and provenance.json (an absent one becomes null) of a results folder.
// Error::missing without metrics.json, Error::untrusted when it is malformed.
ResultRecord read_record(const std::filesystem::path& folder);

}  // namespace ersatz::report
