#include "core/file_system.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <thread>
#include <utility>

#include "core/abandoned.h"
#include "core/atomic_file.h"
#include "core/digest.h"
#include "core/error.h"
#include "core/machine.h"
#include "core/signals.h"

namespace ersatz::core {
namespace {

// This machine's name as part of a file's name, of 24 bytes at most.
const std::string& host_in_names() {
  static const std::string name = [] {
    std::string host = this_machine().host;
    if (host.size() > 24) host = host.substr(0, 15) + "-" + sha256_hex(host).substr(0, 8);
    for (char& c : host) {
      if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '-';
    }
    return host;
  }();
  return name;
}

// Closes on scope exit; close() errors after a successful fsync carry no news.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }

 private:
  int value_;
};

void write_all(int descriptor, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      throw Error::io("write", path, errno);
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

fs::path nearest_existing(fs::path path) {
  std::error_code ignored;
  while (!path.empty() && !fs::exists(path, ignored)) {
    const fs::path parent = path.parent_path();
    if (parent == path) break;
    path = parent;
  }
  return path.empty() ? fs::path(".") : path;
}

// "." for a name without a folder.
fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

}  // namespace

std::string read_file(const fs::path& path, std::uint64_t max_bytes) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) throw Error::io("open", path, errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw Error::io("stat", path, errno);
  if (S_ISDIR(status.st_mode)) throw Error::io("read", path, EISDIR);
  if (static_cast<std::uint64_t>(status.st_size) > max_bytes) {
    throw Error::untrusted(
        path, fmt::format("{} bytes are more than the {} allowed here", status.st_size, max_bytes));
  }
  std::string bytes;
  bytes.resize(static_cast<std::size_t>(status.st_size));
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got = ::read(file.get(), bytes.data() + have, bytes.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Error::io("read", path, errno);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

void make_directories(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw Error::io("create folder", path, error.value());
}

void fsync_path(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) throw Error::io("open", path, errno);
  if (::fsync(file.get()) != 0) throw Error::io("fsync", path, errno);
}

void fsync_tree(const fs::path& directory) {
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file() || entry.is_directory()) fsync_path(entry.path());
  }
  fsync_path(directory);
}

void write_file_atomic(const fs::path& path, std::string_view bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

void append_line(const fs::path& path, std::string_view line) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (file.get() < 0) throw Error::io("open", path, errno);
  std::string whole(line);
  whole += '\n';
  write_all(file.get(), whole, path);
}

void rename_durable(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) throw Error::io("rename", from, errno);
  fsync_path(folder_of(to));
}

void remove_tree(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error && error != std::errc::no_such_file_or_directory) {
    throw Error::io("remove", path, error.value());
  }
}

void share_tree(const fs::path& from, const fs::path& to) {
  if (fs::is_directory(from)) {
    make_directories(to);
    for (const auto& entry : fs::directory_iterator(from)) {
      if (!is_abandoned(entry.path())) share_tree(entry.path(), to / entry.path().filename());
    }
    return;
  }
  if (::link(from.c_str(), to.c_str()) == 0) return;
  if (errno == EEXIST) throw Error::internal(fmt::format("{} exists already", to.string()));
  std::error_code error;
  fs::copy_file(from, to, error);
  if (error) throw Error::io("copy", from, error.value());
}

void replace_directory(const fs::path& staged, const fs::path& target) {
  make_directories(folder_of(target));
  if (!fs::exists(target)) {
    rename_durable(staged, target);
    return;
  }
  // Exchanging leaves no moment at which `target` is missing. File systems that cannot do it get
  // the two-step form.
  if (::renameat2(AT_FDCWD, staged.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) == 0) {
    fsync_path(folder_of(target));
    remove_tree(staged);
    return;
  }
  const fs::path old = partial_path(set_aside(target));
  remove_tree(old);
  rename_durable(target, old);
  try {
    rename_durable(staged, target);
  } catch (const Error&) {
    // Back as it was, unless the new one is in place and only its folder could not be flushed.
    if (!fs::exists(target)) ::rename(old.c_str(), target.c_str());
    throw;
  }
  remove_tree(old);
}

fs::path partial_path(const fs::path& target) {
  const std::string ending = fmt::format(".{}@{}.partial", ::getpid(), host_in_names());
  const std::string name = target.filename().string();
  const std::string partial = with_ending(name, ending);
  // As it was written where nothing had to be cut: "a/" keeps its slash.
  return partial == name + ending ? fs::path(target.string() + ending)
                                  : target.parent_path() / partial;
}

bool is_abandoned(const fs::path& path) {
  const std::string stem = path.stem().string();
  const std::size_t dot = stem.rfind('.'), at = stem.rfind('@');
  if (path.extension() != ".partial" || dot == std::string::npos) return false;
  if (at == std::string::npos || at < dot || stem.substr(at + 1) != host_in_names()) return false;
  std::int64_t pid = 0;
  const auto parsed = std::from_chars(stem.data() + dot + 1, stem.data() + at, pid);
  return parsed.ec == std::errc() && parsed.ptr == stem.data() + at && pid > 0 &&
         !process_runs(pid);
}

std::uint64_t free_bytes(const fs::path& path) {
  struct statvfs status {};
  const fs::path existing = nearest_existing(fs::absolute(path));
  if (::statvfs(existing.c_str(), &status) != 0) throw Error::io("stat", existing, errno);
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

std::uint64_t tree_bytes(const fs::path& directory) {
  std::uint64_t total = 0;
  std::set<std::pair<dev_t, ino_t>> shared;
  std::error_code ignored;
  for (fs::recursive_directory_iterator it(directory, ignored), end; it != end;
       it.increment(ignored)) {
    if (ignored) break;
    struct stat status {};
    if (::lstat(it->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    // A file with several names here takes its space once.
    const bool counted =
        status.st_nlink > 1 && !shared.emplace(status.st_dev, status.st_ino).second;
    if (!counted) total += static_cast<std::uint64_t>(status.st_size);
  }
  return total;
}

FileLock::FileLock(const fs::path& path, std::string_view what) {
  make_directories(folder_of(path));
  for (int attempt = 0;; ++attempt) {
    if (descriptor_ < 0) {
      descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
      if (descriptor_ < 0) throw Error::io("open lock", path, errno);
    }
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) {
      // The previous holder may have removed the file: then this lock excludes nobody.
      struct stat held {
      }, named{};
      if (::fstat(descriptor_, &held) == 0 && ::stat(path.c_str(), &named) == 0 &&
          held.st_ino == named.st_ino && held.st_dev == named.st_dev) {
        return;
      }
      ::close(descriptor_);
      descriptor_ = -1;
      continue;
    }
    if (errno != EWOULDBLOCK && errno != EINTR) throw Error::io("lock", path, errno);
    if (attempt == 10) {
      std::fprintf(stderr, "waiting for another process that works on %.*s\n",
                   static_cast<int>(what.size()), what.data());
    }
    stop_point();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace ersatz::core
