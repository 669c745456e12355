#include "cli/doctor/environment_findings.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "core/suggest.h"
#include "data/fetch/mirror.h"

namespace ersatz::cli {
namespace {

const std::vector<std::string>& known_variables() {
  static const std::vector<std::string> names = {
      "ERSATZ_HOME",    "ERSATZ_RUNS",   "ERSATZ_RESULTS",        "ERSATZ_CACHE",  "ERSATZ_MIRROR",
      "ERSATZ_GNUPLOT", "ERSATZ_SHARED", "ERSATZ_BLAS_RESTARTED", "ERSATZ_THREADS"};
  return names;
}

}  // namespace

void add_environment_findings(Findings& findings) {
  std::vector<std::string> set;
  for (char** item = ::environ; item != nullptr && *item != nullptr; ++item) {
    const std::string assignment = *item;
    if (assignment.rfind("ERSATZ_", 0) == 0) set.push_back(assignment);
  }
  std::sort(set.begin(), set.end());
  for (const std::string& assignment : set) {
    const std::size_t equals = assignment.find('=');
    const std::string name = assignment.substr(0, equals);
    const auto& known = known_variables();
    if (std::find(known.begin(), known.end(), name) != known.end()) {
      findings.push_back({name, Level::kOk, assignment.substr(equals + 1)});
      continue;
    }
    const std::string nearest = core::nearest_name(name, known);
    findings.push_back({name, Level::kNote,
                        nearest.empty() ? "nobody reads this variable"
                                        : fmt::format("nobody reads this variable; {} is one that "
                                                      "is read",
                                                      nearest),
                        "unset " + name});
  }
  for (const auto& mirror : data::mirror_directories()) {
    std::error_code ignored;
    if (std::filesystem::is_directory(mirror, ignored)) continue;
    findings.push_back({"ERSATZ_MIRROR", Level::kNote,
                        fmt::format("the folder {} does not exist", mirror.string()),
                        "export ERSATZ_MIRROR=<a folder that does>"});
  }
}

}  // namespace ersatz::cli
