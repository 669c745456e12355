// A download in progress: `<name>.part` with what has arrived, and `<name>.part.json` with what is
// needed to go on later. Both survive a kill; neither is ever taken for the finished file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "core/digest.h"

namespace ersatz::data {

// One process at a time may hold a PartFile for a destination (dataset_store.h takes a lock).
class PartFile {
 public:
  // Takes up what an earlier process left, hashing it again, provided that its sidecar promises the
  // same size and digest; otherwise what is there is deleted.
  PartFile(std::filesystem::path destination, std::uint64_t expected_size,
           std::string expected_sha256);
  ~PartFile();  // keeps both files
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  const std::filesystem::path& destination() const { return destination_; }
  std::uint64_t expected_size() const { return expected_size_; }
  std::uint64_t size() const { return size_; }
  bool is_full() const { return size_ == expected_size_; }

  // Where the bytes come from, and the ETag or Last-Modified value they belong to (may be empty).
  const std::string& url() const { return url_; }
  const std::string& validator() const { return validator_; }
  // Records both in the sidecar; before the first append().
  void describe(const std::string& url, const std::string& validator);

  // Error::internal when this would exceed the expected size; Error::io.
  void append(const void* bytes, std::size_t size);

  // SHA-256 of everything appended. Ask only once the file is full.
  const std::string& digest();
  bool digest_is_right() { return digest() == expected_sha256_; }
  const std::string& expected_sha256() const { return expected_sha256_; }

  // Syncs, renames to the destination, removes the sidecar.
  void publish();
  // Deletes both files and starts from nothing.
  void discard();

 private:
  bool sidecar_matches();
  void close();

  std::filesystem::path destination_, part_, sidecar_;
  std::uint64_t expected_size_;
  std::string expected_sha256_;
  std::string url_, validator_, digest_;
  std::unique_ptr<core::Sha256> hash_;
  std::uint64_t size_ = 0;
  int descriptor_ = -1;
};

}  // namespace ersatz::data
