// The options of `ersatz generate cgan` and of `ersatz-diffusion generate cgan`: one definition for
// both.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace ersatz::runner {

struct CganOptions {
  std::string weights;  // a generator's file; empty: of a run
  std::string run;      // its folder or the (beginning of the) name of one; empty: the newest
  std::string stage = "gan/article";  // of the run: the first whose name starts with this
  std::vector<std::string> classes;   // empty: all
  std::int64_t count = 16;            // of each class
  std::uint64_t seed = 0;
  std::string out;  // empty: made of the classes and the seed
  std::string device = "auto";
  int threads = 0;  // 0: physical cores
  bool overwrite = false, json = false, quiet = false;
};

// Adds the sub-command `cgan` to `generate` (whose own options are then not required), bound to
// `options`, which must outlive the parse.
CLI::App* add_cgan_options(CLI::App& generate, CganOptions& options);

}  // namespace ersatz::runner
