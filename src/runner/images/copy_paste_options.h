// The options of `ersatz copy-paste` and of `ersatz-images copy-paste`: one definition for both.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ersatz::runner {

struct CopyPasteCommand {
  std::string masks, backgrounds, out;  // folders
  std::string mode = "native";
  std::int64_t count = 200;  // images of each class
  std::vector<std::string> classes;
  int masks_per_class = 0;  // 0: all
  int max_per_image = 0;    // 0: as many as there are masks
  std::uint64_t seed = 0;
  // Of mode roboflow; what is not given has the library's default.
  std::optional<std::string> scale, scale_of;  // "LO:HI"; "native" or "background"
  std::optional<double> rotation, flip_horizontal, flip_vertical, feather;
  std::optional<double> brightness, contrast, saturation, hue;
  std::string format = "png";
  int quality = 95;   // of JPEG
  int threads = 0;    // 0: one per processor
  std::string shard;  // "i/n"
  bool dry_run = false, json = false, quiet = false;
  std::string progress = "auto";
};

// Adds the sub-command `copy-paste` to `program`, bound to `options`, which must outlive the parse.
CLI::App* add_copy_paste_options(CLI::App& program, CopyPasteCommand& options);

}  // namespace ersatz::runner
