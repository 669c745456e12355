// The one family of errors that end a run.
//
// An Error carries an exit code, what happened, and optionally a hint that says what to do. Its
// factories are named after the failure so that call sites read like prose and messages of one
// kind look alike: `throw Error::untrusted(path, "label 11 is > 9", offset)`.
// Failures a caller is expected to handle return values instead; assertions are for our own bugs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "core/exit_code.h"

namespace ersatz::core {

class Error : public std::runtime_error {
 public:
  Error(ExitCode code, std::string message, std::string hint = {});

  ExitCode code() const { return code_; }
  int exit_status() const { return static_cast<int>(code_); }
  // What the user can do about it; empty when there is nothing to suggest.
  const std::string& hint() const { return hint_; }

  // Same error with a (new) hint.
  Error with_hint(std::string hint) const;

  // 2: wrong command line or configuration.
  static Error usage(std::string message, std::string hint = {});
  // 2: `name` is not among the known names; the hint proposes `suggestion` (may be empty).
  static Error unknown(std::string_view what, std::string_view name, std::string_view suggestion);
  // 2: a mistake at a place of a text file the user wrote: "file:line: message".
  static Error at_line(const std::filesystem::path& file, std::uint32_t line, std::string message,
                       std::string hint = {});
  // 20: a value is NaN or infinite. `where` names step, layer or metric.
  static Error numeric(std::string_view what, std::string_view where);
  // 30: `file` is malformed or hostile; `offset` in bytes where known.
  static Error untrusted(const std::filesystem::path& file, std::string_view what,
                         std::optional<std::uint64_t> offset = std::nullopt);
  // 31: digest or size differs from the promised one.
  static Error digest_mismatch(const std::filesystem::path& file, std::string_view expected,
                               std::string_view actual);
  // 40: something needed is not there.
  static Error missing(std::string message, std::string hint = {});
  // 50 for ENOSPC, EDQUOT and EIO; 40 for ENOENT and ENOTDIR; 2 for what may not be done or paths
  // that are no files (EACCES, EISDIR, ELOOP, ...); else 1. `action` is a verb phrase
  // ("write", "rename"); appends strerror(errno_value).
  static Error io(std::string_view action, const std::filesystem::path& path, int errno_value);
  // 1: a broken invariant of our own.
  static Error internal(std::string message);

 private:
  ExitCode code_;
  std::string hint_;
};

// Thrown at a stop point after SIGINT or SIGTERM, once the state on disk is resumable.
class Interrupted : public Error {
 public:
  explicit Interrupted(int signal_number);
};

// "ersatz: error: <message>\n  hint: <hint>\n" on stderr.
void print_error(const Error& error);

// Runs `body`, prints whatever it throws in the form above and returns the exit code to use.
// std::bad_alloc becomes 51; other std::exception becomes 1.
int report_exceptions(int (*body)(int, char**), int argc, char** argv);

}  // namespace ersatz::core
