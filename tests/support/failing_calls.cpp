// A file system that fails, for programs that are started with this library in LD_PRELOAD: of the
// calls of a process that change something below the folder ERSATZ_FAILING_FOLDER, the one with the
// number ERSATZ_FAILING_CALL (1 is the first) and, with ERSATZ_FAILING_ON=1, all after it fail with
// the error number ERSATZ_FAILING_ERROR. How many there were is written to the file
// ERSATZ_FAILING_COUNT when the process ends, if that is set.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

std::atomic<long> calls{0};

long number(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? 0 : std::atol(text);
}

bool is_below(const char* path) {
  const char* folder = std::getenv("ERSATZ_FAILING_FOLDER");
  return folder != nullptr && std::strncmp(path, folder, std::strlen(folder)) == 0;
}

bool is_below(int descriptor) {
  char path[4096] = {};
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  return ::readlink(link.c_str(), path, sizeof(path) - 1) > 0 && is_below(path);
}

// Counts a call; true, with errno set, when it is to fail.
template <typename Where>
bool fails(Where where) {
  if (!is_below(where)) return false;
  const long mine = ++calls, chosen = number("ERSATZ_FAILING_CALL");
  if (chosen == 0) return false;
  if (mine != chosen && !(mine > chosen && number("ERSATZ_FAILING_ON") == 1)) return false;
  errno = static_cast<int>(number("ERSATZ_FAILING_ERROR"));
  return true;
}

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

struct Report {
  ~Report() {
    const char* file = std::getenv("ERSATZ_FAILING_COUNT");
    if (file == nullptr) return;
    if (std::FILE* out = std::fopen(file, "w")) {
      std::fprintf(out, "%ld\n", calls.load());
      std::fclose(out);
    }
  }
} report;

}  // namespace

extern "C" {

ssize_t write(int descriptor, const void* bytes, size_t count) {
  if (fails(descriptor)) return -1;
  return ::syscall(SYS_write, descriptor, bytes, count);
}

ssize_t pwrite(int descriptor, const void* bytes, size_t count, off_t at) {
  if (fails(descriptor)) return -1;
  return ::syscall(SYS_pwrite64, descriptor, bytes, count, at);
}

ssize_t writev(int descriptor, const struct iovec* parts, int count) {
  if (fails(descriptor)) return -1;
  return ::syscall(SYS_writev, descriptor, parts, count);
}

int fsync(int descriptor) {
  if (fails(descriptor)) return -1;
  return static_cast<int>(::syscall(SYS_fsync, descriptor));
}

int rename(const char* from, const char* to) {
  if (fails(to)) return -1;
  static auto* const real = next<int(const char*, const char*)>("rename");
  return real(from, to);
}

int mkdir(const char* path, mode_t mode) {
  if (fails(path)) return -1;
  static auto* const real = next<int(const char*, mode_t)>("mkdir");
  return real(path, mode);
}

int open(const char* path, int flags, ...) {
  mode_t mode = 0;
  if ((flags & O_CREAT) != 0) {
    va_list arguments;
    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    va_end(arguments);
    if (fails(path)) return -1;
  }
  return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}
}
