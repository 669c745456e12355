#include "runner/run_context.h"

#include <fmt/format.h>

#include "core/config_checks.h"
#include "core/error.h"
#include "data/fetch/dataset_store.h"

namespace ersatz::runner {

ManifestRunContext::ManifestRunContext(core::Config config, std::string device, bool look_only,
                                       bool offline, compute::RankGroup* ranks, std::int64_t parts)
    : config_(std::move(config)),
      device_(std::move(device)),
      look_only_(look_only),
      offline_(offline),
      ranks_(ranks),
      parts_(parts) {
  const std::int64_t replicates = core::int_within(config_, "replicates", 1, 10'000);
  // Stages add the numbers of replicates and of draws.
  core::int_within(config_, "seed", INT64_MIN, INT64_MAX - 20'000);
  for (std::int64_t i = 0; i < replicates; ++i) seeds_.push_back(config_.get_int("seed") + i);
}

const core::DatasetHandle& ManifestRunContext::dataset(std::string_view id) {
  const auto known = datasets_.find(std::string(id));
  if (known != datasets_.end()) return known->second;
  const data::Manifest manifest = data::find_manifest(id);
  core::DatasetHandle handle;
  if (auto found = data::find_dataset(manifest)) {
    handle = *found;
  } else if (look_only_) {
    handle = {std::string(id), {}, data::manifest_digest(manifest), "not on this machine"};
  } else {
    data::FetchOptions options;
    options.offline = offline_;
    handle = data::fetch_dataset(manifest, options);
  }
  return datasets_.emplace(id, std::move(handle)).first->second;
}

}  // namespace ersatz::runner
