// Which trained generator `generate cgan` draws from. No libtorch: the `ersatz` command looks, too.
#pragma once

#include <filesystem>
#include <string>

#include "runner/gan/cgan_options.h"

namespace ersatz::runner {

struct GeneratorChoice {
  std::filesystem::path weights;
  std::string run;    // name of the run's folder; empty: a file was given
  std::string stage;  // of the run
};

// The file itself, or that of a finished run below runs/. Error::missing (exit 40) when there is no
// such file, run or generator; Error::usage when several runs begin with the name given, the run
// did not finish, or it is one of another experiment.
GeneratorChoice choose_generator(const CganOptions& options);

}  // namespace ersatz::runner
