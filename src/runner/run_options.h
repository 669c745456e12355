// The options of `reproduce-<id>` and of `ersatz run <id>`: one definition for both.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/run_directory.h"

namespace ersatz::runner {

struct RunOptions {
  std::string profile = "mini";        // name, or path of a TOML file
  std::vector<std::string> overrides;  // -o key=value; comma lists are sweeps
  std::optional<std::int64_t> seed;
  std::string device = "auto";
  std::string resume;  // run folder; everything above comes from it
  std::string from, only;
  std::string progress = "auto";
  int threads = 0;         // 0: physical cores
  std::int64_t parts = 0;  // of a batch in collective stages (docs/ranks.md); 0: as many as ranks
  bool dry_run = false, json = false, force = false, keep_going = false, offline = false;
  bool quiet = false, every_stage = false;
  // Stop after this many seconds as if interrupted (exit 130): long runs in pieces.
  double time_limit = 0;
};

// Adds all options to `app` and binds them to `options`, which must outlive the parse.
void add_run_options(CLI::App& app, RunOptions& options);

// The options as command-line words, for starting reproduce-<id>.
std::vector<std::string> run_arguments(const RunOptions& options);

}  // namespace ersatz::runner
