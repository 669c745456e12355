#include "models/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <map>
#include <mutex>

#include "core/error.h"

namespace ersatz::models {

using core::Error;

namespace {

// Every live mapping by its first address, so that a tensor's data can be traced to its file.
struct LiveMappings {
  std::mutex mutex;
  std::map<const char*, const MappedFile*, std::less<>> files;
};

LiveMappings& live_mappings() {
  static auto* mappings = new LiveMappings();  // outlives every static tensor
  return *mappings;
}

// The mapping that holds the address, if any; whoever asks holds the lock.
const MappedFile* mapping_of(const char* address) {
  const auto& files = live_mappings().files;
  auto after = files.upper_bound(address);
  if (after == files.begin()) return nullptr;
  const auto& [start, file] = *--after;
  return static_cast<std::size_t>(address - start) < file->bytes().size() ? file : nullptr;
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    if (errno == ENOENT) throw Error::missing("there is no file " + path.string());
    throw Error::io("open", path, errno);
  }
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(descriptor);
    throw Error::missing(path.string() + " is not a regular file");
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > 0) {
    void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (address == MAP_FAILED) {
      const int reason = errno;
      ::close(descriptor);
      throw Error::io("map", path, reason);
    }
    bytes_ = std::string_view(static_cast<const char*>(address), size);
    const std::lock_guard<std::mutex> lock(live_mappings().mutex);
    live_mappings().files.emplace(bytes_.data(), this);
  }
  ::close(descriptor);
}

MappedFile::~MappedFile() {
  if (bytes_.empty()) return;
  {
    const std::lock_guard<std::mutex> lock(live_mappings().mutex);
    live_mappings().files.erase(bytes_.data());
  }
  ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

void MappedFile::forget(std::size_t begin, std::size_t size) const {
  if (begin >= bytes_.size()) return;
  const std::size_t end = begin + std::min(size, bytes_.size() - begin);
  // Whole pages, rounded outwards: nothing is ever written to them, so dropping a neighbour's
  // bytes costs reading them again and nothing else.
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t first = begin / page * page;
  ::madvise(const_cast<char*>(bytes_.data()) + first, end - first, MADV_DONTNEED);
}

void MappedFile::forget_address(const void* address, std::size_t size) {
  const char* first = static_cast<const char*>(address);
  const std::lock_guard<std::mutex> lock(live_mappings().mutex);
  const MappedFile* file = mapping_of(first);
  if (file != nullptr) file->forget(static_cast<std::size_t>(first - file->bytes().data()), size);
}

bool MappedFile::holds(const void* address) {
  const std::lock_guard<std::mutex> lock(live_mappings().mutex);
  return mapping_of(static_cast<const char*>(address)) != nullptr;
}

}  // namespace ersatz::models
