// Finding a run by what somebody typed.
#pragma once

#include <optional>
#include <string>

#include "core/run_directory.h"

namespace ersatz::cli {

// `name`: a run's folder, or the (unique beginning of the) name of one below runs/. nullopt when
// nothing fits; Error::usage when several do.
std::optional<core::RunDirectory> find_run(const std::string& name);

// The newest run that neither finished nor is running, of one experiment or (empty) of any.
std::optional<core::RunDirectory> newest_unfinished(const std::string& experiment);

// The experiment a run belongs to, from its place below runs/.
std::string experiment_of(const core::RunDirectory& run);
std::string profile_of(const core::RunDirectory& run);

}  // namespace ersatz::cli
