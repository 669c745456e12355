// The options of `ersatz cutout` and of `ersatz-images cutout`: one definition for both.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace ersatz::runner {

struct CutoutCommand {
  std::vector<std::string> photos;  // files and folders
  std::string out;
  std::string method;  // "white" or "grabcut"
  int tolerance = 24, shadow = 0;
  std::string box, boxes;     // "x,y,w,h"; a CSV or COCO JSON file
  std::string shape = "box";  // or "ellipse"
  int iterations = 5;
  int open = 0;
  bool keep_holes = false;
  double feather = 0;
  std::string class_name;   // everything belongs to this class
  std::int64_t count = 0;   // photos of each folder, evenly spread; 0: all
  std::int64_t sheet = 48;  // cut-outs on the contact sheet; 0: no sheet
  int threads = 0;          // 0: one per processor
  bool overwrite = false, json = false, quiet = false;
  std::string progress = "auto";
};

// Adds the sub-command `cutout` to `program`, bound to `options`, which must outlive the parse.
CLI::App* add_cutout_options(CLI::App& program, CutoutCommand& options);

}  // namespace ersatz::runner
