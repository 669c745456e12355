// Provenance in short, as names and values for readers.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/json.h"

namespace ersatz::report {

// {"machine", "cpu AMD EPYC; cores 2; ..."}, ... of core::provenance_json; long maps (stages,
// inputs) and warnings are left out. Empty for anything but an object.
std::vector<std::pair<std::string, std::string>> provenance_table(const core::Json& provenance);

// The warnings of the run.
std::vector<std::string> provenance_warnings(const core::Json& provenance);

// Settings that differ from the published ones: key, published, here.
struct ChangedSetting {
  std::string key, published, here;
};
// Of ResultRecord::difference.
std::vector<ChangedSetting> changed_settings(const core::Json& difference);

}  // namespace ersatz::report
