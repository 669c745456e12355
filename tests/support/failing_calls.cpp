// A file system that fails, for programs that are started with this library in LD_PRELOAD: of the
// calls of a process that change something below the folder ERSATZ_FAILING_FOLDER, the one with the
// number ERSATZ_FAILING_CALL (1 is the first) and, with ERSATZ_FAILING_ON=1, all after it fail with
// the error number ERSATZ_FAILING_ERROR. With ERSATZ_FAILING_COUNT the calls are counted in the
// file of that name, as a decimal number, together with those of the programs that the process
// starts; without it, each process counts for itself. Of a standard stream those calls count that
// have something to write; what it holds back is lost when they fail, as on a disk.
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio_ext.h>
#include <sys/file.h>
#include <sys/sendfile.h>
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

long number(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? 0 : std::atol(text);
}

std::string target_of(const std::string& link) {
  char path[4096] = {};
  return ::readlink(link.c_str(), path, sizeof(path) - 1) > 0 ? path : "";
}

std::string path_of(int descriptor) {
  return target_of("/proc/self/fd/" + std::to_string(descriptor));
}

std::string path_of(std::FILE* stream) { return path_of(::fileno(stream)); }

std::string path_of(const char* path) {
  return path[0] == '/' ? path : target_of("/proc/self/cwd") + "/" + path;
}

std::string path_at(int folder, const char* path) {
  return path[0] == '/' || folder == AT_FDCWD ? path_of(path) : path_of(folder) + "/" + path;
}

// Calls so far with this one, in the file that several processes share.
long count_in(const char* file) {
  const auto descriptor =
      static_cast<int>(::syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (descriptor < 0) std::abort();
  ::flock(descriptor, LOCK_EX);
  char before[32] = {};
  if (::pread(descriptor, before, sizeof(before) - 1, 0) < 0) std::abort();
  const std::string now = std::to_string(std::atol(before) + 1);
  if (::syscall(SYS_pwrite64, descriptor, now.data(), now.size(), 0) < 0) std::abort();
  ::close(descriptor);
  return std::atol(now.c_str());
}

long count() {
  static std::atomic<long> calls{0};
  const char* file = std::getenv("ERSATZ_FAILING_COUNT");
  return file == nullptr ? ++calls : count_in(file);
}

// Counts a call that changes `path`; true, with errno set, when it is to fail.
bool fails_at(const std::string& path) {
  const char* folder = std::getenv("ERSATZ_FAILING_FOLDER");
  if (folder == nullptr || path.rfind(folder, 0) != 0) return false;
  const int before = errno;
  const long mine = count(), chosen = number("ERSATZ_FAILING_CALL");
  errno = before;
  if (chosen == 0) return false;
  if (mine != chosen && !(mine > chosen && number("ERSATZ_FAILING_ON") == 1)) return false;
  errno = static_cast<int>(number("ERSATZ_FAILING_ERROR"));
  return true;
}

template <typename Where>
bool fails(Where where) {
  return fails_at(path_of(where));
}

// A call by which a stream hands something to the disk.
bool loses(std::FILE* stream) {
  if (__fwritable(stream) == 0 || !fails(stream)) return false;
  const int error = errno;
  __fpurge(stream);
  errno = error;
  return true;
}

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

int open_at(int folder, const char* path, int flags, mode_t mode) {
  if ((flags & (O_CREAT | O_TRUNC)) != 0 && fails_at(path_at(folder, path))) return -1;
  return static_cast<int>(::syscall(SYS_openat, folder, path, flags, mode));
}

bool creates(int flags) { return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE; }

std::FILE* open_stream(const char* symbol, const char* path, const char* mode) {
  if (std::strpbrk(mode, "wa+") != nullptr && fails(path)) return nullptr;
  return next<std::FILE*(const char*, const char*)>(symbol)(path, mode);
}

}  // namespace

extern "C" {

ssize_t write(int descriptor, const void* bytes, size_t size) {
  if (fails(descriptor)) return -1;
  return ::syscall(SYS_write, descriptor, bytes, size);
}

ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t at) {
  if (fails(descriptor)) return -1;
  return ::syscall(SYS_pwrite64, descriptor, bytes, size, at);
}

ssize_t writev(int descriptor, const struct iovec* parts, int size) {
  if (fails(descriptor)) return -1;
  return ::syscall(SYS_writev, descriptor, parts, size);
}

ssize_t sendfile(int to, int from, off_t* at, size_t size) {
  if (fails(to)) return -1;
  return ::syscall(SYS_sendfile, to, from, at, size);
}

int fsync(int descriptor) {
  if (fails(descriptor)) return -1;
  return static_cast<int>(::syscall(SYS_fsync, descriptor));
}

int fchmod(int descriptor, mode_t mode) {
  if (fails(descriptor)) return -1;
  return static_cast<int>(::syscall(SYS_fchmod, descriptor, mode));
}

int rename(const char* from, const char* to) {
  if (fails(to)) return -1;
  return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to,
              unsigned int flags) {
  if (fails_at(path_at(to_folder, to))) return -1;
  return static_cast<int>(::syscall(SYS_renameat2, from_folder, from, to_folder, to, flags));
}

int link(const char* from, const char* to) {
  if (fails(to)) return -1;
  return static_cast<int>(::syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0));
}

int mkdir(const char* path, mode_t mode) {
  if (fails(path)) return -1;
  return static_cast<int>(::syscall(SYS_mkdirat, AT_FDCWD, path, mode));
}

int rmdir(const char* path) {
  if (fails(path)) return -1;
  return static_cast<int>(::syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR));
}

int unlink(const char* path) {
  if (fails(path)) return -1;
  return static_cast<int>(::syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}

int unlinkat(int folder, const char* path, int flags) {
  if (fails_at(path_at(folder, path))) return -1;
  return static_cast<int>(::syscall(SYS_unlinkat, folder, path, flags));
}

int remove(const char* path) {
  if (fails(path)) return -1;
  return next<int(const char*)>("remove")(path);
}

int open(const char* path, int flags, ...) {
  mode_t mode = 0;
  if (creates(flags)) {
    va_list arguments;
    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    va_end(arguments);
  }
  return open_at(AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char* path, int flags, ...) {
  mode_t mode = 0;
  if (creates(flags)) {
    va_list arguments;
    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    va_end(arguments);
  }
  return open_at(folder, path, flags, mode);
}

std::FILE* fopen(const char* path, const char* mode) { return open_stream("fopen", path, mode); }

std::FILE* fopen64(const char* path, const char* mode) {
  return open_stream("fopen64", path, mode);
}

size_t fwrite(const void* bytes, size_t size, size_t times, std::FILE* stream) {
  // What fits the stream's buffer does not reach the disk yet.
  const bool fits = __fpending(stream) + size * times <= __fbufsize(stream);
  if (!fits && loses(stream)) return 0;
  return next<size_t(const void*, size_t, size_t, std::FILE*)>("fwrite")(bytes, size, times,
                                                                         stream);
}

int fflush(std::FILE* stream) {
  if (stream != nullptr && __fpending(stream) > 0 && loses(stream)) return EOF;
  return next<int(std::FILE*)>("fflush")(stream);
}

int fclose(std::FILE* stream) {
  const bool lost = __fpending(stream) > 0 && loses(stream);
  const int error = errno;
  const int closed = next<int(std::FILE*)>("fclose")(stream);
  if (lost) errno = error;
  return lost ? EOF : closed;
}
}
