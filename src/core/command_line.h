// Command-line parsing the same way in every program: CLI11, plus "did you mean" for misspelt flags
// and sub-commands, and exit code 2 for everything that is wrong with a command line.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace ersatz::core {

// Parses; returns true when the program should go on, false when it should end with success (help
// or version was printed). Throws Error::usage with a suggestion when the line is wrong, and as
// check_option_values.
bool parse_command_line(CLI::App& app, int argc, char** argv);

// Of a parsed `app`, what CLI11 takes and no program of ours can mean: numbers that are too large
// for their option, not finite, or empty, and an empty path for --out. Throws Error::usage.
void check_option_values(const CLI::App& app);

// What was given to a parsed `app`, as the words that a program with the same sub-commands and
// options parses alike: {"generate", "--steps=5", "--json", "--", "txt2img"}.
std::vector<std::string> command_line_words(const CLI::App& app);

}  // namespace ersatz::core
