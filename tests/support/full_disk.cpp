// A disk that becomes full, for programs that are started with this library in LD_PRELOAD: below
// the folder ERSATZ_FULL_DISK, a process may write ERSATZ_FULL_DISK_BYTES bytes; then every write
// fails with ENOSPC. Other files are not affected.
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

std::atomic<long> written{0};

bool is_below(int descriptor, const char* folder) {
  char path[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t length = ::readlink(link.c_str(), path, sizeof(path) - 1);
  return length > 0 && std::strncmp(path, folder, std::strlen(folder)) == 0;
}

}  // namespace

extern "C" ssize_t write(int descriptor, const void* bytes, size_t count) {
  const char* folder = std::getenv("ERSATZ_FULL_DISK");
  const char* room = std::getenv("ERSATZ_FULL_DISK_BYTES");
  if (folder != nullptr && room != nullptr && is_below(descriptor, folder)) {
    if (written.fetch_add(static_cast<long>(count)) + static_cast<long>(count) > std::atol(room)) {
      errno = ENOSPC;
      return -1;
    }
  }
  return ::syscall(SYS_write, descriptor, bytes, count);
}
