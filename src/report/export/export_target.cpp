#include "report/export/export_target.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/file_system.h"

namespace ersatz::report {

namespace fs = std::filesystem;

fs::path export_target(const fs::path& folder) {
  if (folder.empty()) throw core::Error::usage("the folder to export to has no name");
  fs::path target = fs::absolute(folder).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(target, ignored))) return target;
  if (!fs::is_directory(fs::symlink_status(target, ignored))) {
    throw core::Error::usage(fmt::format("{} is no folder", folder.string()),
                             "an export is a folder of its own");
  }
  if (!fs::is_empty(target, ignored)) {
    throw core::Error::usage(fmt::format("{} is not empty", folder.string()),
                             "choose another folder, or remove this one");
  }
  return target;
}

void copy_into_export(const fs::path& file, const fs::path& target) {
  core::write_file_atomic(target, core::read_file(file));
}

}  // namespace ersatz::report
