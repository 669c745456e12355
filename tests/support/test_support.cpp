#include "support/test_support.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace ersatz::test {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (fs::temp_directory_path() / "ersatz-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

fs::path fixture(const std::string& name) { return fs::path(ERSATZ_TEST_FIXTURES) / name; }

fs::path shared_folder() {
  if (const char* named = std::getenv("ERSATZ_SHARED")) return fs::exists(named) ? named : "";
  const fs::path beside =
      fs::path(ERSATZ_TEST_FIXTURES).parent_path().parent_path().parent_path() / "shared";
  return fs::exists(beside) ? beside : fs::path();
}

CommandResult run_command(const std::string& command_line) {
  TemporaryFolder folder;
  const std::string out = (folder / "out").string(), err = (folder / "err").string();
  const int status =
      std::system(("( " + command_line + "\n) >" + out + " 2>" + err + " </dev/null").c_str());
  CommandResult result;
  if (WIFEXITED(status))
    result.exit_status = WEXITSTATUS(status);
  else if (WIFSIGNALED(status))
    result.exit_status = 128 + WTERMSIG(status);
  const auto slurp = [](const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
  };
  result.output = slurp(out);
  result.errors = slurp(err);
  return result;
}

}  // namespace ersatz::test
