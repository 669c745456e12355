// Running gnuplot on a script.
#pragma once

#include <filesystem>
#include <string>

namespace ersatz::report {

struct GnuplotOutcome {
  bool drawn = false;
  std::string problem;  // why not: "gnuplot is not installed", its exit status and message
};

// Runs `gnuplot <script>` in `folder` without a shell, with the C locale, and ends it after
// `timeout_seconds`. The program is $ERSATZ_GNUPLOT, else gnuplot on the PATH.
GnuplotOutcome run_gnuplot(const std::filesystem::path& folder, const std::string& script,
                           double timeout_seconds = 60);

}  // namespace ersatz::report
