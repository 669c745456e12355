#include "core/error.h"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <new>

#include "core/filesystem_failure.h"
#include "core/printable.h"
#include "core/standard_streams.h"

namespace ersatz::core {

Error::Error(ExitCode code, std::string message, std::string hint)
    : std::runtime_error(std::move(message)), code_(code), hint_(std::move(hint)) {}

Error Error::with_hint(std::string hint) const { return Error(code_, what(), std::move(hint)); }

Error Error::usage(std::string message, std::string hint) {
  return Error(ExitCode::kUsage, std::move(message), std::move(hint));
}

Error Error::unknown(std::string_view what, std::string_view name, std::string_view suggestion) {
  return Error(ExitCode::kUsage, fmt::format("unknown {} '{}'", what, name),
               suggestion.empty() ? std::string() : fmt::format("did you mean '{}'?", suggestion));
}

Error Error::at_line(const std::filesystem::path& file, std::uint32_t line, std::string message,
                     std::string hint) {
  return Error(ExitCode::kUsage, fmt::format("{}:{}: {}", file.string(), line, message),
               std::move(hint));
}

Error Error::numeric(std::string_view what, std::string_view where) {
  return Error(ExitCode::kNumeric, fmt::format("{} is not finite at {}", what, where));
}

Error Error::untrusted(const std::filesystem::path& file, std::string_view what,
                       std::optional<std::uint64_t> offset) {
  if (offset) {
    return Error(ExitCode::kUntrustedData,
                 fmt::format("{}: {} (at byte {})", file.string(), what, *offset));
  }
  return Error(ExitCode::kUntrustedData, fmt::format("{}: {}", file.string(), what));
}

Error Error::digest_mismatch(const std::filesystem::path& file, std::string_view expected,
                             std::string_view actual) {
  return Error(ExitCode::kDigestMismatch,
               fmt::format("{}: content is not what was promised\n  expected {}\n  actual   {}",
                           file.string(), expected, actual));
}

Error Error::missing(std::string message, std::string hint) {
  return Error(ExitCode::kMissing, std::move(message), std::move(hint));
}

Error Error::io(std::string_view action, const std::filesystem::path& path, int errno_value) {
  std::string message =
      fmt::format("cannot {} {}: {}", action, path.string(), std::strerror(errno_value));
  switch (errno_value) {
    case ENOSPC:
    case EDQUOT:
    case EIO:
      return Error(ExitCode::kDiskFull, std::move(message),
                   "free some space (`ersatz gc` removes unused caches) and start again: what is "
                   "complete is kept");
    case EROFS:
    case EACCES:
    case EPERM:
      return Error(ExitCode::kUsage, std::move(message), "check the permissions of that folder");
    case ENOENT:
    case ENOTDIR:
      return Error(ExitCode::kMissing, std::move(message));
    // A path that names something else than what is meant, or nothing that can be.
    case EISDIR:
    case EBUSY:
    case EEXIST:
    case ENOTEMPTY:
    case ELOOP:
    case ENAMETOOLONG:
    case EINVAL:
      return Error(ExitCode::kUsage, std::move(message));
    case ENOMEM:
      return Error(ExitCode::kOutOfMemory, std::move(message));
    default:
      return Error(ExitCode::kInternal, std::move(message));
  }
}

Error filesystem_failure(const std::filesystem::filesystem_error& error) {
  const Error like = Error::io("use", error.path1(), error.code().value());
  return Error(like.code(), error.what(), like.hint());
}

Error Error::internal(std::string message) {
  return Error(ExitCode::kInternal, std::move(message),
               "this is a bug in Ersatz; please report it with the run's log");
}

Interrupted::Interrupted(int signal_number)
    : Error(signal_number == SIGTERM ? ExitCode::kTerminated : ExitCode::kInterrupted,
            signal_number == SIGTERM ? "terminated" : "interrupted",
            "start the same command again: what is complete is kept") {}

void print_error(const Error& error) {
  // Messages quote what files say of themselves.
  const auto shown = [](std::string_view text) { return printable(text, std::string::npos, true); };
  std::fprintf(stderr, "ersatz: error: %s\n", shown(error.what()).c_str());
  if (!error.hint().empty()) std::fprintf(stderr, "  hint: %s\n", shown(error.hint()).c_str());
}

int report_exceptions(int (*body)(int, char**), int argc, char** argv) {
  try {
    open_standard_streams();
    const int status = body(argc, argv);
    flush_standard_output();
    return status;
  } catch (const Error& error) {
    print_error(error);
    return error.exit_status();
  } catch (const std::filesystem::filesystem_error& error) {
    const Error failure = filesystem_failure(error);
    print_error(failure);
    return failure.exit_status();
  } catch (const std::bad_alloc&) {
    print_error(Error(ExitCode::kOutOfMemory, "out of memory",
                      "use a smaller batch or a profile that needs less"));
    return static_cast<int>(ExitCode::kOutOfMemory);
  } catch (const std::exception& error) {
    print_error(Error(ExitCode::kInternal, error.what()));
    return static_cast<int>(ExitCode::kInternal);
  }
}

}  // namespace ersatz::core
