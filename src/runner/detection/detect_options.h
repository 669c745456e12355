// The options of `ersatz detect` and of `ersatz-detect detect`: one definition for both.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace ersatz::runner {

struct DetectOptions {
  std::vector<std::string> images;  // files and folders
  std::string weights, scale, classes;
  std::vector<std::string> only;
  double confidence = 0.25, overlap = 0.7;
  int size = 640;
  std::int64_t most = 300;
  bool square = false, no_masks = false, validation = false, trust = false;
  std::string truth, format = "coco", out;
  std::string device = "auto", progress = "auto";
  int threads = 0;
  bool draw = false, overwrite = false, json = false, quiet = false;
};

// Adds the sub-command `detect` to `program`, bound to `options`, which must outlive the parse.
CLI::App* add_detect_options(CLI::App& program, DetectOptions& options);

// Error::usage and Error::missing for what can be told without opening weights or pictures.
void check_detect(const DetectOptions& options);

}  // namespace ersatz::runner
