#include "cli/cut_and_paste.h"

#include <memory>

#include "cli/launch.h"
#include "core/command_line.h"
#include "runner/images/copy_paste_request.h"
#include "runner/images/cutout_request.h"
#include "runner/images/export_options.h"

namespace ersatz::cli {

// Mistakes are told at once, before the program that does the work is loaded.

Command add_cutout(CLI::App& program) {
  auto options = std::make_shared<runner::CutoutCommand>();
  CLI::App* app = runner::add_cutout_options(program, *options);
  return {app, [options, &program]() -> int {
            runner::check_cutout(*options);
            launch_program(kImagesProgram, core::command_line_words(program));
          }};
}

Command add_export(CLI::App& program) {
  auto options = std::make_shared<runner::ExportCommand>();
  CLI::App* app = runner::add_export_options(program, *options);
  return {app, [options, &program]() -> int {
            runner::check_export(*options);
            launch_program(kImagesProgram, core::command_line_words(program));
          }};
}

Command add_copy_paste(CLI::App& program) {
  auto options = std::make_shared<runner::CopyPasteCommand>();
  CLI::App* app = runner::add_copy_paste_options(program, *options);
  return {app, [options, &program]() -> int {
            runner::check_copy_paste(*options);
            launch_program(kImagesProgram, core::command_line_words(program));
          }};
}

}  // namespace ersatz::cli
