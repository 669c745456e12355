// Prompts from a text file.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ersatz::runner {

// One prompt per line, in order; empty lines are left out, as are a byte order mark and carriage
// returns at the ends of lines. Error::missing when there is no such file; Error::usage, naming
// file and line, when it is not UTF-8 or holds a NUL; Error::usage when it has no prompt.
std::vector<std::string> read_prompt_file(const std::filesystem::path& file);

// Throws Error::usage naming `where` when `text` is not UTF-8 or holds a NUL.
void require_text(const std::string& text, const std::string& where);

}  // namespace ersatz::runner
