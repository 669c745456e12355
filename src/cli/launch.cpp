#include "cli/launch.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "core/blas.h"
#include "core/error.h"

namespace ersatz::cli {

namespace fs = std::filesystem;

std::string built_program(const std::string& name) {
  const fs::path program = fs::read_symlink("/proc/self/exe").parent_path() / name;
  if (::access(program.c_str(), X_OK) != 0) {
    throw core::Error::missing(fmt::format("the program {} has not been built", program.string()),
                               "`make build` builds every program");
  }
  return program.string();
}

std::string experiment_program(const std::string& id) { return built_program("reproduce-" + id); }

void launch_program(const std::string& name, const std::vector<std::string>& words) {
  const std::string program = built_program(name);
  // Saves the program from finding out by itself and starting twice.
  core::prepare_blas_environment();
  std::vector<std::string> copies = {program};
  copies.insert(copies.end(), words.begin(), words.end());
  std::vector<char*> arguments;
  for (std::string& word : copies) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::fflush(nullptr);
  ::execv(program.c_str(), arguments.data());
  throw core::Error::io("start", program, errno);
}

void launch_experiment(const std::string& id, const std::vector<std::string>& words) {
  launch_program("reproduce-" + id, words);
}

}  // namespace ersatz::cli
