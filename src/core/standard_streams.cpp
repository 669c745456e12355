#include "core/standard_streams.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "core/error.h"

namespace ersatz::core {
namespace {

// Where a write fails because the other end is gone.
bool is_pipe(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 &&
         (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

// Whether it was open when the program began.
bool is_writable(int descriptor) {
  const int flags = ::fcntl(descriptor, F_GETFL);
  return flags != -1 && (flags & O_ACCMODE) != O_RDONLY;
}

}  // namespace

void open_standard_streams() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) continue;
    // Takes the lowest number that is free: this one. It stays for the programs that are started.
    ::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

void flush_standard_output() {
  errno = 0;
  const bool flushed = std::fflush(stdout) == 0;
  const int failure = errno;
  if (flushed && std::ferror(stdout) == 0) return;
  // Why an earlier write failed is no longer known.
  const bool reader_left = flushed ? is_pipe(STDOUT_FILENO) : failure == EPIPE;
  if (reader_left) return;
  if (!is_writable(STDOUT_FILENO)) {
    throw Error::usage("cannot write standard output: it is closed");
  }
  if (!flushed) throw Error::io("write", "standard output", failure);
  throw Error(ExitCode::kDiskFull, "cannot write standard output: some of it is lost",
              "is there space where it goes?");
}

}  // namespace ersatz::core
