// Finding and reading the metrics.json that somebody means.
#pragma once

#include <filesystem>
#include <string>

#include "core/metrics.h"

namespace ersatz::cli {

// `name`: a metrics file; a results folder; a run (folder or name) with results; or a folder below
// results/ ("mnist/mini"). Error::missing (40) when none of these has metrics.
std::filesystem::path find_metrics(const std::string& name);

struct NamedMetrics {
  std::string experiment;  // empty when the file does not say
  core::MetricTable metrics;
};

// Error::untrusted (30) when malformed.
NamedMetrics read_metrics(const std::filesystem::path& file);

}  // namespace ersatz::cli
