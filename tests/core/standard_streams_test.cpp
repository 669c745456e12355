#include "core/standard_streams.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include "core/error.h"
#include "core/signals.h"
#include "support/test_support.h"

namespace ersatz::core {
namespace {

using ::testing::HasSubstr;

int print_a_line(int, char**) {
  std::printf("a line\n");
  return 0;
}
int print_much(int, char**) {
  const std::string text(100'000, 'x');
  std::printf("%s\n", text.c_str());
  return 0;
}
int print_in_vain_before(int, char**) {
  std::printf("%s\n", std::string(100'000, 'x').c_str());
  std::fflush(stdout);
  return 0;
}
int print_nothing(int, char**) { return 0; }
int ignore_lost_readers(int, char**) {
  install_signal_handlers();
  return print_much(0, nullptr);
}

struct Outcome {
  int status = 0;
  std::string errors;
};

// `body` in a process of its own, whose standard output is `out`: a descriptor, or -1 for none.
Outcome outcome_of(int (*body)(int, char**), int out) {
  const test::TemporaryFolder folder;
  const std::string errors = (folder / "errors").string();
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    if (std::freopen(errors.c_str(), "w", stderr) == nullptr) ::_exit(99);
    if (out < 0) {
      ::close(STDOUT_FILENO);
    } else {
      ::dup2(out, STDOUT_FILENO);
    }
    const int status = report_exceptions(body, 0, nullptr);
    std::fflush(stderr);
    ::_exit(status);
  }
  Outcome outcome;
  int status = 0;
  ::waitpid(child, &status, 0);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  std::ostringstream text;
  text << std::ifstream(errors).rdbuf();
  outcome.errors = text.str();
  return outcome;
}

Outcome outcome_in(int (*body)(int, char**), const char* file) {
  std::FILE* const out = std::fopen(file, "w");
  const Outcome outcome = outcome_of(body, ::fileno(out));
  std::fclose(out);
  return outcome;
}

TEST(StandardOutput, WhatIsNotWrittenIsAnError) {
  for (const auto body : {print_a_line, print_much, print_in_vain_before}) {
    const Outcome outcome = outcome_in(body, "/dev/full");
    EXPECT_EQ(outcome.status, 50);
    EXPECT_THAT(outcome.errors, HasSubstr("cannot write standard output"));
    EXPECT_EQ(outcome_in(body, "/dev/null").status, 0);
  }
  EXPECT_THAT(outcome_in(print_a_line, "/dev/full").errors, HasSubstr("No space left"));
  EXPECT_EQ(outcome_in(print_nothing, "/dev/full").status, 0);
}

TEST(StandardOutput, AClosedOneIsAMistakeIfItIsUsed) {
  for (const auto body : {print_a_line, print_much}) {
    const Outcome outcome = outcome_of(body, -1);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_THAT(outcome.errors, HasSubstr("standard output: it is closed"));
  }
  EXPECT_EQ(outcome_of(print_nothing, -1).status, 0);
}

// Otherwise the first file that is opened would be the standard output.
TEST(StandardOutput, NothingTakesThePlaceOfAClosedOne) {
  const auto body = [](int, char**) {
    std::FILE* const file = std::tmpfile();
    const int number = ::fileno(file);
    std::fclose(file);
    return number > STDERR_FILENO ? 0 : 7;
  };
  EXPECT_EQ(outcome_of(body, -1).status, 0);
}

TEST(StandardOutput, AReaderThatLeftIsNoError) {
  for (const bool ignored : {false, true}) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ::close(ends[0]);
    const Outcome outcome = outcome_of(ignored ? ignore_lost_readers : print_much, ends[1]);
    ::close(ends[1]);
    EXPECT_EQ(outcome.status, ignored ? 0 : 141);
    EXPECT_EQ(outcome.errors, "");
  }
}

}  // namespace
}  // namespace ersatz::core
