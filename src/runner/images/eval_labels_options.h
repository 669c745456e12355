// The options of `ersatz eval labels` and of `ersatz-images eval labels`: one definition for both.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace ersatz::runner {

struct EvalLabelsCommand {
  std::string truth, labels;                // files or folders
  std::string truth_format, labels_format;  // names of export_formats(); empty: as they look
  std::string shape = "mask";               // mask or box
  std::vector<std::string> renamed;         // LABEL=TRUTH
  double overlap = 0.5, confidence = 0;
  std::int64_t bins = 10;
  bool any_class = false, json = false;
};

// Adds the sub-command `labels` to `eval`, bound to `options`, which must outlive the parse.
CLI::App* add_eval_labels_options(CLI::App& eval, EvalLabelsCommand& options);

// Error::missing and Error::usage for what can be told without reading the datasets.
void check_eval_labels(const EvalLabelsCommand& options);

}  // namespace ersatz::runner
