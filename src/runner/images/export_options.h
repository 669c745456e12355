// The options of `ersatz export` and of `ersatz-images export`: one definition for both.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace ersatz::runner {

struct ExportCommand {
  std::string from, to;           // names of export_formats()
  std::string input;              // file or folder
  std::string out;                // file (coco) or folder
  std::string images;             // folder of the pictures, where the format does not say
  std::string pictures = "none";  // none, copy or link
  bool overwrite = false, json = false, quiet = false;
};

// "coco", "yolo", "yolo-segment", "voc", "diffugen", "imagefolder", "croissant", "label-studio".
const std::vector<std::string>& export_formats();

// Adds the sub-command `export` to `program`, bound to `options`, which must outlive the parse.
CLI::App* add_export_options(CLI::App& program, ExportCommand& options);

// Error::usage and Error::missing for what can be told without reading the dataset.
void check_export(const ExportCommand& options);

}  // namespace ersatz::runner
