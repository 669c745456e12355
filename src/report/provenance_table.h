// Provenance in short, as names and values for readers.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/json.h"
#include "report/result_record.h"

namespace ersatz::report {

// {"machine", "cpu AMD EPYC; cores 2; ..."}, ... of core::provenance_json, and which version of the
// card (whose present one is `card_version`) the results were made with; long maps (stages, inputs)
// and warnings are left out. Empty where nothing was recorded.
std::vector<std::pair<std::string, std::string>> provenance_table(const ResultRecord& record,
                                                                  std::int64_t card_version);

// "These results were made with version 1 of the card, which is at version 2 now." Empty where it
// still is.
std::string older_card(const ResultRecord& record, std::int64_t card_version);

// A device's name as new runs write it: of "NVIDIA H200,   - CUDA Runtime 13.0   - NVCC
// architecture flags: ...", which early ones wrote, "NVIDIA H200, CUDA Runtime 13.0".
std::string short_device(const std::string& text);

// The warnings of the run.
std::vector<std::string> provenance_warnings(const core::Json& provenance);

// Settings that differ from the published ones: key, published, here.
struct ChangedSetting {
  std::string key, published, here;
};
// Of ResultRecord::difference.
std::vector<ChangedSetting> changed_settings(const core::Json& difference);

}  // namespace ersatz::report
