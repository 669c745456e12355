#include "cli/garbage.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>

#include "core/abandoned.h"
#include "core/error.h"
#include "core/file_system.h"
#include "core/project.h"
#include "core/stage_cache.h"

namespace ersatz::cli {
namespace {

namespace fs = std::filesystem;

std::vector<fs::directory_entry> children(const fs::path& folder) {
  std::vector<fs::directory_entry> entries;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) entries.push_back(entry);
  std::sort(entries.begin(), entries.end());
  return entries;
}

std::uint64_t bytes_of(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return core::tree_bytes(path);
  const std::uint64_t size = fs::file_size(path, error);
  return error ? 0 : size;
}

// Whether another machine, or a version that did not name machines, left it unfinished: named
// "<name>.<process>@<host>.partial" or "<name>.<process>.partial". Nobody here can ask for the
// process, and containers never come back under their names: a week without a change must do.
bool is_left_elsewhere(const fs::path& path) {
  constexpr auto kWeek = std::chrono::hours(24 * 7);
  const std::string own = core::partial_path("x").stem().string();
  const std::string stem = path.stem().string();
  const std::size_t dot = stem.rfind('.');
  if (path.extension() != ".partial" || dot == std::string::npos) return false;
  const std::size_t end = std::min(stem.find('@', dot), stem.size());
  const bool number = end > dot + 1 && std::all_of(stem.begin() + static_cast<long>(dot) + 1,
                                                   stem.begin() + static_cast<long>(end),
                                                   [](unsigned char c) { return std::isdigit(c); });
  const std::string host = stem.substr(end);  // with its "@"; empty: none
  if (!number || host == own.substr(own.find('@'))) return false;
  std::error_code error;
  const auto written = fs::last_write_time(path, error);
  return !error && fs::file_time_type::clock::now() - written > kWeek;
}

// Whether core::with_ending had to cut the name: "<beginning>~<8 digits>.<process>@<host>.partial".
// Of a tree that was set aside, the cut takes away what tells that.
bool is_cut(const fs::path& path) {
  const std::string stem = path.stem().string();
  const std::string name = stem.substr(0, stem.rfind('.', stem.rfind('@')));
  const std::size_t mark = name.rfind('~');
  return mark != std::string::npos && name.size() == mark + 9 &&
         name.find_first_not_of("0123456789abcdef", mark + 1) == std::string::npos;
}

void find_abandoned_files(const fs::path& folder, GarbageList& list) {
  for (const fs::directory_entry& entry : children(folder)) {
    const fs::path& path = entry.path();
    const fs::path target = core::target_of_set_aside(path);
    std::error_code ignored;
    if (!target.empty() && !fs::exists(target, ignored)) {
      list.notes.push_back(
          fmt::format("{} is the only copy of {}: a process was killed while it "
                      "replaced that; rename it back, or make it anew",
                      path.string(), target.filename().string()));
      continue;
    }
    if (core::is_abandoned(path) || is_left_elsewhere(path)) {
      if (entry.is_directory(ignored) && is_cut(path)) {
        list.notes.push_back(
            fmt::format("{} is left alone: its name was too long and had to be cut, so it may be "
                        "the only copy of a folder; rename it back, or remove it",
                        path.string()));
        continue;
      }
      list.items.push_back({path, bytes_of(path), "half-written files", {}});
    }
  }
}

// Others may have a folder called cache, too.
bool is_stage_key(const std::string& name) {
  const core::StageCache cache{fs::path()};
  const std::string digits(64, '0');
  return name.size() == cache.entry_dir("", digits).filename().string().size() &&
         name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

void find_stage_outputs(const fs::path& cache, const KeptRuns& kept, GarbageList& list) {
  for (const fs::directory_entry& kind : children(cache)) {
    if (!kind.is_directory() || kind.is_symlink()) continue;
    for (const fs::directory_entry& entry : children(kind.path())) {
      const fs::path& path = entry.path();
      if (!entry.is_directory() || entry.is_symlink()) continue;
      const bool partial = path.extension() == ".partial";
      const std::string key = partial ? path.stem().string() : path.filename().string();
      if (!is_stage_key(key) || kept.stage_folders.count(key) != 0) continue;
      list.items.push_back({path, bytes_of(path),
                            partial ? "unfinished stages of runs that are gone"
                                    : "stage outputs that no kept run uses",
                            kind.path() / (key + ".lock")});
    }
  }
}

}  // namespace

GarbageList find_garbage(const RetentionOptions& options) {
  const core::Project& project = core::Project::get();
  GarbageList list;
  const std::vector<core::RunDirectory> runs = core::list_runs(project.runs());
  const KeptRuns kept = kept_runs(runs, options);
  if (kept.plan_unknown) {
    list.notes.push_back(
        "a run is just starting, so all stage outputs are left alone; try again in a minute");
  } else {
    find_stage_outputs(project.runs() / "cache", kept, list);
  }
  for (const core::RunDirectory& run : kept.removable) {
    list.items.push_back({run.path(),
                          bytes_of(run.path()),
                          run.state() == core::RunState::kFinished
                              ? "folders of superseded runs"
                              : "folders of older runs that were not finished",
                          {}});
  }
  for (const core::RunDirectory& run : runs) {
    const bool removed =
        std::any_of(kept.removable.begin(), kept.removable.end(),
                    [&](const core::RunDirectory& other) { return other.path() == run.path(); });
    if (!removed) find_abandoned_files(run.path(), list);
  }
  for (const fs::directory_entry& experiment : children(project.results())) {
    if (!experiment.is_directory()) continue;
    find_abandoned_files(experiment.path(), list);
    for (const fs::directory_entry& profile : children(experiment.path())) {
      if (profile.is_directory() && profile.path().extension() != ".partial") {
        find_abandoned_files(profile.path(), list);
      }
    }
  }
  return list;
}

bool remove_garbage(const Garbage& item) {
  if (item.lock.empty()) {
    core::remove_tree(item.path);
    return true;
  }
  const int descriptor = ::open(item.lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  // There is no such file and no room for one: nobody holds it.
  if (descriptor < 0 && (errno == ENOSPC || errno == EDQUOT)) {
    core::remove_tree(item.path);
    return true;
  }
  if (descriptor < 0) throw core::Error::io("open lock", item.lock, errno);
  // A file that its holder has removed since it was opened excludes nobody.
  struct stat held {};
  struct stat named {};
  const bool locked = ::flock(descriptor, LOCK_EX | LOCK_NB) == 0 &&
                      ::fstat(descriptor, &held) == 0 && ::stat(item.lock.c_str(), &named) == 0 &&
                      held.st_ino == named.st_ino && held.st_dev == named.st_dev;
  try {
    if (locked) {
      core::remove_tree(item.path);
      // No live run's plan names this stage, so nobody waits for the file that goes away here.
      std::error_code ignored;
      fs::remove(item.lock, ignored);
    }
  } catch (...) {
    ::close(descriptor);
    throw;
  }
  ::close(descriptor);
  return locked;
}

}  // namespace ersatz::cli
