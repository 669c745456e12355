// The options of `ersatz label` and of `ersatz-label label`: one definition for both.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace ersatz::runner {

struct LabelCommand {
  std::vector<std::string> pictures;  // files, folders, a generated folder, a DiffuGen task
  std::string method;                 // daam or segmenter
  std::vector<std::string> classes;   // CLASS or CLASS=FOUND_AS
  // daam
  std::string model, tokenizer, embedding, prompt, recipe = "fixed";
  std::int64_t looks = 8, batch = 4;
  double least_noise = 0.1, most_noise = 0.7;
  bool normalise = false;
  std::uint64_t seed = 0;
  std::string dtype = "auto";
  // segmenter
  std::string weights, network_classes;
  double confidence = 0.45, overlap = 0.7;
  int size = 640;
  bool trust = false;
  // both
  std::string out, format = "coco";
  std::string device = "auto", progress = "auto";
  int threads = 0;
  bool draw = false, overwrite = false, json = false, quiet = false;
};

// Adds the sub-command `label` to `program`, bound to `options`, which must outlive the parse.
CLI::App* add_label_options(CLI::App& program, LabelCommand& options);

// A class of the dataset, and the word (daam) or class of the network (segmenter) it is found as.
struct LabelClass {
  std::string name, found_as;
};

// Error::usage and Error::missing for what can be told without opening models or pictures; returns
// what --classes says.
std::vector<LabelClass> check_label(const LabelCommand& options);

}  // namespace ersatz::runner
