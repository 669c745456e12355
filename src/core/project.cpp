#include "core/project.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "core/error.h"
#include "core/suggest.h"

namespace ersatz::core {
namespace {

namespace fs = std::filesystem;

bool is_root(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path / "experiments", ignored) &&
         fs::is_directory(path / "data_manifests", ignored);
}

fs::path search_upwards(fs::path path) {
  while (!path.empty()) {
    if (is_root(path)) return path;
    const fs::path parent = path.parent_path();
    if (parent == path) break;
    path = parent;
  }
  return {};
}

fs::path environment_path(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? fs::path() : fs::absolute(value).lexically_normal();
}

// What was installed with the program; empty when it was not.
fs::path installation() {
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  const fs::path shared = program.parent_path().parent_path() / "share" / "ersatz";
  return is_root(shared) ? shared : fs::path();
}

fs::path find_root() {
  const fs::path named = environment_path("ERSATZ_HOME");
  if (!named.empty()) {
    if (is_root(named)) return named;
    throw Error::missing(
        fmt::format("ERSATZ_HOME={} has no experiments/ and data_manifests/", named.string()));
  }
  std::error_code ignored;
  fs::path root = search_upwards(fs::current_path(ignored));
  if (root.empty())
    root = search_upwards(fs::read_symlink("/proc/self/exe", ignored).parent_path());
  if (root.empty()) root = installation();
  if (root.empty()) {
    throw Error::missing("no Ersatz project here or above",
                         "run inside the checkout, or set ERSATZ_HOME to it");
  }
  return root;
}

// Where results/ and runs/ of a project are.
fs::path written_folder(const fs::path& root) {
  if (root != installation()) return root;
  const fs::path xdg = environment_path("XDG_DATA_HOME"), home = environment_path("HOME");
  if (!xdg.empty()) return xdg / "ersatz";
  return home.empty() ? root : home / ".local" / "share" / "ersatz";
}

bool can_create(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  return !error && ::access(path.c_str(), W_OK) == 0;
}

}  // namespace

const Project& Project::get() {
  static const Project project = [] {
    Project found;
    found.root_ = find_root();
    return found;
  }();
  return project;
}

fs::path Project::results() const {
  const fs::path named = environment_path("ERSATZ_RESULTS");
  return named.empty() ? written_folder(root_) / "results" : named;
}

fs::path Project::runs() const {
  const fs::path named = environment_path("ERSATZ_RUNS");
  return named.empty() ? written_folder(root_) / "runs" : named;
}

fs::path Project::data_cache() const {
  const fs::path named = environment_path("ERSATZ_CACHE");
  if (!named.empty()) return named;
  const fs::path xdg = environment_path("XDG_CACHE_HOME"), home = environment_path("HOME");
  const fs::path standard = !xdg.empty()    ? xdg / "ersatz"
                            : !home.empty() ? home / ".cache" / "ersatz"
                                            : fs::path();
  if (!standard.empty() && can_create(standard)) return standard;
  return runs() / "data";
}

fs::path Project::experiment(std::string_view id) const {
  const std::vector<std::string> known = experiment_ids();
  if (std::find(known.begin(), known.end(), id) == known.end()) {
    throw unknown_name("experiment", id, known);
  }
  return experiments() / id;
}

std::vector<std::string> Project::experiment_ids() const {
  std::vector<std::string> ids;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(experiments(), ignored)) {
    if (fs::exists(entry.path() / "experiment.toml", ignored)) {
      ids.push_back(entry.path().filename().string());
    }
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace ersatz::core
