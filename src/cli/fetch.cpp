#include "cli/fetch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "core/card.h"
#include "core/config.h"
#include "core/error.h"
#include "core/project.h"
#include "core/signals.h"
#include "data/fetch/dataset_store.h"
#include "data/fetch/manifest.h"

namespace ersatz::cli {
namespace {

struct Options {
  std::vector<std::string> ids;
  std::string experiment;  // --for
  std::string profile;     // of that experiment
  bool all = false, offline = false, verify = false;
};

// What a profile of an experiment reads; all of the card's data sets without a profile.
std::vector<std::string> datasets_of(const std::string& experiment, const std::string& profile) {
  const std::filesystem::path folder = core::Project::get().experiment(experiment);
  if (profile.empty()) return core::load_card(folder).datasets;
  const core::Config config = core::Config::load(folder, profile);
  return config.has("data.manifests") ? config.get_strings("data.manifests")
                                      : std::vector<std::string>();
}

std::vector<std::string> wanted(const Options& options) {
  if (options.experiment.empty() && !options.profile.empty()) {
    throw core::Error::usage("--profile needs --for EXPERIMENT");
  }
  std::vector<std::string> ids = options.ids;
  if (options.all) ids = data::manifest_ids();
  if (!options.experiment.empty()) {
    for (std::string& id : datasets_of(options.experiment, options.profile)) {
      if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(std::move(id));
    }
  } else if (ids.empty()) {
    throw core::Error::usage("nothing to fetch was named",
                             fmt::format("name data sets ({}), or --for EXPERIMENT, or --all",
                                         fmt::join(data::manifest_ids(), ", ")));
  }
  return ids;
}

int run(const Options& options) {
  core::install_signal_handlers();
  const std::vector<std::string> ids = wanted(options);
  std::vector<data::Manifest> manifests;
  for (const std::string& id : ids) manifests.push_back(data::find_manifest(id));
  if (manifests.empty()) std::printf("nothing needs to be fetched\n");
  data::FetchOptions fetch;
  fetch.offline = options.offline;
  fetch.verify = options.verify;
  int status = 0;
  for (const data::Manifest& manifest : manifests) {
    // One data set that cannot be had does not keep the others from coming.
    try {
      const core::DatasetHandle handle = data::fetch_dataset(manifest, fetch);
      const bool packages = manifest.kind == data::ManifestKind::kDebianPackages;
      std::printf("%s: %s%s%s\n", manifest.id.c_str(), handle.source.c_str(),
                  packages ? "" : ", in ", packages ? "" : handle.folder.c_str());
      if (!handle.remark.empty()) std::printf("  %s\n", handle.remark.c_str());
      std::fflush(stdout);
    } catch (const core::Interrupted&) {
      throw;
    } catch (const core::Error& error) {
      core::print_error(error);
      if (status == 0) status = error.exit_status();
    }
  }
  return status;
}

}  // namespace

Command add_fetch(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* app = program.add_subcommand(
      "fetch", "Download data sets, checking size and sha256 (exit 31 wrong, 40 not to be had)");
  app->add_option("dataset", options->ids, "Data sets by the name of their manifest");
  app->add_option("--for", options->experiment, "What this experiment reads");
  app->add_option("-p,--profile", options->profile, "With --for: only what this profile reads");
  app->add_flag("--all", options->all, "Every data set that has a manifest");
  app->add_flag("--offline", options->offline, "Only from the cache and ERSATZ_MIRROR folders");
  app->add_flag("--verify", options->verify,
                "Digest what is already here again, and replace what is damaged");
  app->footer(
      "Examples:\n"
      "  ersatz fetch mnist\n"
      "  ersatz fetch --for mnist --profile reduced\n"
      "  ersatz fetch --verify mnist            compare every byte with the manifest\n"
      "  ERSATZ_MIRROR=/media/stick ersatz fetch --all --offline\n");
  return {app, [options] { return run(*options); }};
}

}  // namespace ersatz::cli
