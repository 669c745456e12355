// Everything that is wrong with the data files of a project.
#pragma once

#include <string>
#include <vector>

namespace ersatz::cli {

struct ValidationReport {
  std::vector<std::string> problems;  // "file:line: message", or "file: message"
  int cards = 0, profiles = 0, manifests = 0;
};

// Card, README, profiles (their `extends` chains, keys, types, descriptions, and the data sets
// they name) of one experiment.
void validate_experiment(const std::string& id, ValidationReport& report);

void validate_manifest(const std::string& id, ValidationReport& report);

// Every experiment and manifest, and folders below experiments/ that have code but no card.
void validate_project(ValidationReport& report);

}  // namespace ersatz::cli
