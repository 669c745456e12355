// Helpers shared by the tests.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "core/error.h"

namespace ersatz::test {

// A fresh folder, removed with its content at destruction.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// A file below tests/fixtures.
std::filesystem::path fixture(const std::string& name);

// The folder with large shared fixtures and real data, empty when absent: ERSATZ_SHARED, else
// `shared` beside the checkout. Tests that need it skip with a printed reason.
std::filesystem::path shared_folder();

struct CommandResult {
  int exit_status = -1;  // 128 + signal when killed
  std::string output;    // standard output
  std::string errors;    // standard error
};

// Runs a shell command line to its end.
CommandResult run_command(const std::string& command_line);

}  // namespace ersatz::test

// Asserts that `statement` throws core::Error with `exit_code` and a message containing `text`.
#define EXPECT_ERSATZ_ERROR(statement, exit_code, text)                                          \
  do {                                                                                           \
    try {                                                                                        \
      statement;                                                                                 \
      ADD_FAILURE() << "no error was thrown by: " #statement;                                    \
    } catch (const ::ersatz::core::Error& error) {                                               \
      EXPECT_EQ(static_cast<int>(error.code()), static_cast<int>(exit_code)) << error.what();    \
      EXPECT_NE((std::string(error.what()) + "\n" + error.hint()).find(text), std::string::npos) \
          << error.what() << "\nhint: " << error.hint();                                         \
    }                                                                                            \
  } while (false)

#define ERSATZ_REQUIRE_SHARED(variable, relative)                                          \
  const std::filesystem::path variable = ::ersatz::test::shared_folder().empty()           \
                                             ? std::filesystem::path()                     \
                                             : ::ersatz::test::shared_folder() / relative; \
  if (variable.empty() || !std::filesystem::exists(variable)) {                            \
    GTEST_SKIP() << "needs shared/" << relative << ", which is not on this machine";       \
  }
