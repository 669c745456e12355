#include "core/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "core/error.h"
#include "core/file_system.h"

namespace ersatz::core {

AtomicFile::AtomicFile(const std::filesystem::path& path)
    : path_(path), partial_(partial_path(path)) {
  make_directories(path_.has_parent_path() ? path_.parent_path() : fs::path("."));
  descriptor_ =
      ::open(partial_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (descriptor_ < 0) throw Error::io("create", partial_, errno);
}

AtomicFile::~AtomicFile() {
  // close() errors after a successful fsync carry no news.
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!committed_) ::unlink(partial_.c_str());
}

void AtomicFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      throw Error::io("write", path_, errno);
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void AtomicFile::commit() {
  if (::fsync(descriptor_) != 0) throw Error::io("fsync", path_, errno);
  ::close(std::exchange(descriptor_, -1));
  if (::rename(partial_.c_str(), path_.c_str()) != 0) throw Error::io("rename", path_, errno);
  committed_ = true;
  fsync_path(path_.has_parent_path() ? path_.parent_path() : fs::path("."));
}

}  // namespace ersatz::core
