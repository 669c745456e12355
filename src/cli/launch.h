// Starting the program that computes an experiment.
#pragma once

#include <string>
#include <vector>

namespace ersatz::cli {

// Where the program of an experiment is: `reproduce-<id>` beside this executable. Error::missing
// (40) when it was not built.
std::string experiment_program(const std::string& id);

// Replaces this process by that program with the given arguments. Sets what must be set before
// the linear algebra libraries load, unless the user did: OPENBLAS_CORETYPE and OMP_WAIT_POLICY.
[[noreturn]] void launch_experiment(const std::string& id, const std::vector<std::string>& words);

}  // namespace ersatz::cli
