// Kills a run again and again, and resumes it again and again.
#pragma once

#include <string>

#include "experiments/run_fixture.h"

namespace ersatz::test {

struct KillStorm {
  int kills = 0, finished_runs = 0;
};

// Runs `reproduce-<id> ARGUMENTS` in fresh folders, with SIGKILL at random moments spread over the
// whole run; each is followed by a resume that the next kill hits, until the run gets through. Goes
// on until `kills` have hit. Every run that gets through must leave a metrics.json like that of a
// run that took `seconds` undisturbed, `metrics`, and no half-written file beside it. `profile` is
// where results are looked for: results/<id>/<profile>, in the run's folder where `overridden`.
KillStorm kill_and_resume(const std::string& id, const std::string& arguments,
                          const std::string& profile, bool overridden, const std::string& metrics,
                          double seconds, int kills);

// The number of kills asked for by ERSATZ_KILLS, else `usual`.
int wanted_kills(int usual);

}  // namespace ersatz::test
