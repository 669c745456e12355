#include "cli/doctor/build_findings.h"

#include <fmt/format.h>

#include "cli/launch.h"
#include "core/build_info.h"
#include "core/error.h"
#include "core/project.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ERSATZ_IS_SANITIZED true
#else
#define ERSATZ_IS_SANITIZED false
#endif

namespace ersatz::cli {

void add_build_findings(Findings& findings) {
  const core::BuildInfo& build = core::build_info();
  const std::string text =
      fmt::format("{} ({}{}), {}, {} {}", build.version, build.commit.substr(0, 12),
                  build.dirty.empty() ? "" : " with uncommitted changes", build.compiler,
                  build.build_type, build.flags);
  if (ERSATZ_IS_SANITIZED) {
    findings.push_back({"build", Level::kNote, text + "; with sanitizers, several times slower",
                        "make build BUILD=build PRESET=release"});
  } else if (!build.optimised) {
    findings.push_back({"build", Level::kNote, text + "; not optimised, many times slower",
                        "make build BUILD=build PRESET=release"});
  } else {
    findings.push_back({"build", Level::kOk, text});
  }
  for (const std::string& id : core::Project::get().experiment_ids()) {
    try {
      findings.push_back({"experiment " + id, Level::kOk, experiment_program(id)});
    } catch (const core::Error& error) {
      findings.push_back({"experiment " + id, Level::kMissing, error.what(), "make build"});
    }
  }
  try {
    findings.push_back({"images", Level::kOk, built_program(kDiffusionProgram)});
  } catch (const core::Error& error) {
    findings.push_back({"images", Level::kNote, error.what(), "make build"});
  }
}

}  // namespace ersatz::cli
