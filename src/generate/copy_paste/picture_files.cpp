#include "generate/copy_paste/picture_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "core/error.h"
#include "core/printable.h"

namespace ersatz::generate {
namespace {

namespace fs = std::filesystem;

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// The entries of one folder. An iterator that fails is at its end: only its error tells.
std::vector<fs::directory_entry> entries_of(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::directory_entry> entries;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    entries.push_back(*entry);
  }
  if (error) throw core::Error::io("list", folder, error.value());
  return entries;
}

// A link that leads nowhere is no file; one that cannot be followed is an error.
bool is_file(const fs::directory_entry& entry) {
  std::error_code error;
  const bool is = entry.is_regular_file(error);
  if (error == std::errc::permission_denied) {
    throw core::Error::io("look at", entry.path(), error.value());
  }
  return is;
}

fs::path resolved(const fs::path& path) {
  std::error_code error;
  fs::path whole = fs::weakly_canonical(path, error);
  if (error) whole = fs::absolute(path).lexically_normal();
  return whole.has_filename() ? whole : whole.parent_path();  // "a/" is "a"
}

}  // namespace

std::vector<fs::path> picture_files(const fs::path& folder, const std::vector<std::string>& endings,
                                    const fs::path& left_out) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) {
    throw core::Error::missing(fmt::format("there is no folder {}", folder.string()));
  }
  if (!left_out.empty() && lies_in(folder, left_out)) return {};
  const fs::path skipped =
      left_out.empty() ? fs::path() : resolved(left_out).lexically_relative(resolved(folder));
  std::vector<fs::path> files, folders = {folder};
  while (!folders.empty()) {
    const fs::path next = std::move(folders.back());
    folders.pop_back();
    for (const fs::directory_entry& entry : entries_of(next)) {
      const fs::path& path = entry.path();
      const fs::path name = path.lexically_relative(folder);
      if (path.filename().string().front() == '.') continue;
      const bool is_link = entry.is_symlink(ignored);
      if (!is_link && entry.is_directory(ignored)) {
        if (name != skipped) folders.push_back(path);
        continue;
      }
      const std::string ending = lower_case(path.extension().string());
      if (std::find(endings.begin(), endings.end(), ending) == endings.end()) continue;
      if (!is_file(entry)) continue;
      if (is_link && !left_out.empty() && lies_in(path, left_out)) continue;
      require_utf8_path(path);
      files.push_back(name);
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool lies_in(const fs::path& path, const fs::path& folder) {
  const fs::path below = resolved(path).lexically_relative(resolved(folder));
  return !below.empty() && *below.begin() != "..";
}

void require_outside(const fs::path& pictures, const fs::path& out) {
  if (!lies_in(pictures, out)) return;
  throw core::Error::usage(
      fmt::format("{} lies in the folder of --out, {}: pictures are not taken from where others "
                  "are written",
                  pictures.string(), out.string()),
      "another folder for --out");
}

void require_utf8_path(const fs::path& path) {
  if (core::is_utf8(path.string())) return;
  throw core::Error::untrusted(core::printable(path.string(), std::string::npos),
                               "the name is not UTF-8, and no file of results could hold it")
      .with_hint("rename it");
}

}  // namespace ersatz::generate
