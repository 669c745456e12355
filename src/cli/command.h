// A sub-command of `ersatz`: declared on the program's parser, run after the line was parsed.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace ersatz::cli {

struct Command {
  CLI::App* app;             // knows whether it was the one asked for
  std::function<int()> run;  // returns the exit status; throws core::Error
};

}  // namespace ersatz::cli
