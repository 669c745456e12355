#include "core/abandoned.h"

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

#include "core/digest.h"
#include "core/error.h"
#include "core/file_system.h"

namespace ersatz::core {
namespace {

constexpr const char* kSetAside = ".set-aside";

// ".<process>@<host>.partial" of a name; empty when it has none.
std::string ending_of(const std::string& file) {
  const std::size_t at = file.rfind('@');
  const std::size_t dot = at == std::string::npos ? at : file.rfind('.', at);
  return dot == std::string::npos ? "" : file.substr(dot);
}

// Makes the tree set aside at `old` the target again, which is not there.
void put_back(const fs::path& old, const fs::path& target, const fs::path& parent) {
  if (::rename(old.c_str(), target.c_str()) == 0) {
    fsync_path(parent);
  } else if (errno == ENOTEMPTY || errno == EEXIST) {
    remove_tree(old);  // another process has just put a whole target in place
  } else if (errno != ENOENT) {
    // Unless another process has put it back, it is the only copy.
    throw Error::io("rename", old, errno);
  }
}

}  // namespace

fs::path set_aside(const fs::path& target) { return target.string() + kSetAside; }

fs::path target_of_set_aside(const fs::path& path) {
  const std::string name = path.filename().string();
  const std::size_t at = name.rfind(kSetAside + std::string("."));
  if (path.extension() != ".partial" || at == std::string::npos || at == 0) return {};
  return path.parent_path() / name.substr(0, at);
}

std::string with_ending(const std::string& name, const std::string& ending) {
  constexpr std::size_t kLongestName = 255;  // bytes
  if (name.size() + ending.size() <= kLongestName) return name + ending;
  const std::string digest = "~" + sha256_hex(name).substr(0, 8);
  return name.substr(0, kLongestName - ending.size() - digest.size()) + digest + ending;
}

void remove_abandoned(const fs::path& target) {
  const fs::path parent = target.has_parent_path() ? target.parent_path() : fs::path(".");
  const std::string own_ending = partial_path("").filename().string();
  const std::string name = target.filename().string();
  const std::string aside = set_aside(target).filename().string();
  std::vector<fs::path> partial, old;
  std::error_code unreadable;
  for (const auto& entry : fs::directory_iterator(parent, unreadable)) {
    const std::string file = entry.path().filename().string();
    const std::string ending = ending_of(file);
    // Our own number: an earlier process had it.
    if (ending.empty() || (ending != own_ending && !is_abandoned(entry.path()))) continue;
    if (file == with_ending(name, ending)) partial.push_back(entry.path());
    if (file == with_ending(aside, ending)) old.push_back(entry.path());
  }
  for (const fs::path& path : partial) remove_tree(path);
  for (const fs::path& path : old) {
    // Killed between the two steps of replace_directory: the old tree is the only one there is.
    // Another process may be about to put it back, too.
    std::error_code error;
    const bool is_there = fs::exists(target, error);
    if (error) throw Error::io("look for", target, error.value());
    if (is_there) {
      remove_tree(path);
    } else {
      put_back(path, target, parent);
    }
  }
}

}  // namespace ersatz::core
