// What may stand at the cursor of a half-typed command line.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace ersatz::cli {

// `words`: what follows "ersatz", up to and including the word being typed (which may be empty).
// Every candidate that begins with it. Never throws: where nothing is known, nothing is offered.
std::vector<std::string> completion_candidates(const CLI::App& program,
                                               const std::vector<std::string>& words);

}  // namespace ersatz::cli
