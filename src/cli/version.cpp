#include "cli/version.h"

#include <fmt/format.h>

#include "core/build_info.h"

namespace ersatz::cli {

std::string version_text() {
  const core::BuildInfo& build = core::build_info();
  return fmt::format("ersatz {}\ncommit {}{}\ncompiler {}\nbuild {} {}", build.version,
                     build.commit, build.dirty.empty() ? "" : "+" + build.dirty, build.compiler,
                     build.build_type, build.flags);
}

}  // namespace ersatz::cli
