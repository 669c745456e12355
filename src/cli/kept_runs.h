// Which runs, and which stage outputs, must survive a collection.
//
// Kept are: runs that are being run; per experiment and profile the newest finished run, and the
// newest finished one as published (without overrides); its newest run when that is unfinished
// (`ersatz resume` continues it); and every run younger than a limit. A stage output is kept when
// the plan of a kept run names it.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/run_directory.h"

namespace ersatz::cli {

struct RetentionOptions {
  bool only_running = false;  // keep nothing but what a live process uses
  double days = 0;            // keep runs younger than this
};

struct KeptRuns {
  std::vector<core::RunDirectory> removable;
  std::set<std::string> stage_folders;  // names of cache folders that kept runs use
  // A live run has not written its plan yet: nobody knows which stage outputs it uses.
  bool plan_unknown = false;
  bool any_running = false;
};

// `runs`: newest first, as list_runs() gives them.
KeptRuns kept_runs(const std::vector<core::RunDirectory>& runs, const RetentionOptions& options);

}  // namespace ersatz::cli
