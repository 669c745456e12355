// Whether a data set is on this machine, and where it would come from if not.
#pragma once

#include <cstdint>
#include <string>

#include "core/json.h"
#include "data/fetch/manifest.h"

namespace ersatz::cli {

struct DatasetState {
  data::Manifest manifest;
  bool present = false;
  std::string problem;      // present, but not what the manifest promises
  std::string where;        // its folder, or what is missing and who has it
  std::uint64_t bytes = 0;  // to download; 0 for packages
  std::string fix;          // the command that brings it; empty when present
};

// Never throws for a data set that is absent or damaged. With `digest_packages`, installed files
// are digested (0.1 s for fonts; nothing else vouches for them); other data are only measured.
DatasetState dataset_state(const data::Manifest& manifest, bool digest_packages = false);

// The licences of a manifest: its own, or those of its packages with their number.
std::string licence_words(const data::Manifest& manifest);

core::Json to_json(const DatasetState& state);

}  // namespace ersatz::cli
