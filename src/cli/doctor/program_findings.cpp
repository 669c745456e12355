#include "cli/doctor/program_findings.h"

#include <cstdlib>

#include "cli/doctor/find_program.h"

namespace ersatz::cli {

void add_program_findings(Findings& findings) {
  const char* named = std::getenv("ERSATZ_GNUPLOT");
  const std::string wanted = named != nullptr && *named != '\0' ? named : "gnuplot";
  const std::string gnuplot = find_program(wanted);
  if (gnuplot.empty()) {
    // Results are written without it; `ersatz report` draws them later.
    findings.push_back({"gnuplot", Level::kNote,
                        wanted + " is not installed: plots are left undrawn",
                        "apt-get install gnuplot-nox"});
  } else {
    findings.push_back({"gnuplot", Level::kOk, gnuplot});
  }
}

}  // namespace ersatz::cli
