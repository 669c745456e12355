// The RunContext of a real run: configuration, seeds, device, and datasets by manifest.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/experiment.h"

namespace ersatz::runner {

class ManifestRunContext : public core::RunContext {
 public:
  // `look_only`: a dataset that is not on this machine gets an empty folder instead of being
  // fetched (a dry run needs only its digest). `offline`: never download.
  // `ranks`, `parts`: as in core::RunContext.
  ManifestRunContext(core::Config config, std::string device, bool look_only, bool offline,
                     compute::RankGroup* ranks = nullptr, std::int64_t parts = 0);

  const core::Config& config() const override { return config_; }
  const std::vector<std::int64_t>& seeds() const override { return seeds_; }
  const std::string& device() const override { return device_; }
  compute::RankGroup* ranks() const override { return ranks_; }
  std::int64_t parts() const override { return parts_; }
  const core::DatasetHandle& dataset(std::string_view id) override;

  // The datasets asked for so far.
  const std::map<std::string, core::DatasetHandle>& datasets() const { return datasets_; }

 private:
  core::Config config_;
  std::vector<std::int64_t> seeds_;
  std::string device_;
  bool look_only_, offline_;
  compute::RankGroup* ranks_;
  std::int64_t parts_;
  std::map<std::string, core::DatasetHandle> datasets_;
};

}  // namespace ersatz::runner
