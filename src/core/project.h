// Where things are: the checkout (or installation) and the folders a run reads and writes.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ersatz::core {

class Project {
 public:
  // ERSATZ_HOME, else the nearest parent of the working directory that holds experiments/ and
  // data_manifests/, else the same starting at the program's own folder, else what was installed
  // with the program (<prefix>/share/ersatz beside <prefix>/bin). Error::missing if none.
  static const Project& get();

  std::filesystem::path root() const { return root_; }
  std::filesystem::path experiments() const { return root_ / "experiments"; }
  std::filesystem::path manifests() const { return root_ / "data_manifests"; }
  std::filesystem::path assets() const { return root_ / "assets"; }
  // ERSATZ_RESULTS and ERSATZ_RUNS, else root/results and root/runs. An installation may not be
  // written to: then they are below $XDG_DATA_HOME/ersatz, else ~/.local/share/ersatz.
  std::filesystem::path results() const;
  std::filesystem::path runs() const;
  // Downloaded data: ERSATZ_CACHE, else $XDG_CACHE_HOME/ersatz, else ~/.cache/ersatz; when that
  // cannot be created (read-only home), root/runs/data.
  std::filesystem::path data_cache() const;
  std::filesystem::path experiment(std::string_view id) const;  // Error::unknown with suggestion
  std::vector<std::string> experiment_ids() const;              // folders with experiment.toml

 private:
  std::filesystem::path root_;
};

}  // namespace ersatz::core
