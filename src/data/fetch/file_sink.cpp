#include "data/fetch/file_sink.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "core/error.h"
#include "core/file_system.h"

namespace ersatz::data {

FileSink::FileSink(std::filesystem::path partial) : path_(std::move(partial)) {
  if (path_.has_parent_path()) core::make_directories(path_.parent_path());
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (descriptor_ < 0) throw core::Error::io("create", path_, errno);
}

FileSink::~FileSink() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!published_) ::unlink(path_.c_str());
}

void FileSink::write(const void* bytes, std::size_t size) {
  write_fully(descriptor_, bytes, size, path_);
}

void FileSink::publish(const std::filesystem::path& destination) {
  if (::fsync(descriptor_) != 0) throw core::Error::io("fsync", path_, errno);
  core::rename_durable(path_, destination);
  published_ = true;
}

void write_fully(int descriptor, const void* bytes, std::size_t size,
                 const std::filesystem::path& path) {
  const char* next = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t written = ::write(descriptor, next, size);
    if (written < 0) {
      if (errno == EINTR) continue;
      throw core::Error::io("write", path, errno);
    }
    next += written;
    size -= static_cast<std::size_t>(written);
  }
}

}  // namespace ersatz::data
