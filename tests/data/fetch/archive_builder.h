// Writes archives, including ones no honest tool would write.
#pragma once

#include <filesystem>
#include <string>

#include "data/fetch/manifest.h"

struct archive;

namespace ersatz::test {

class ArchiveBuilder {
 public:
  // A ".gz" or ".zst" ending compresses a tar; zip entries are deflated.
  ArchiveBuilder(const std::filesystem::path& path, data::ArchiveFormat format);
  ~ArchiveBuilder();
  ArchiveBuilder(const ArchiveBuilder&) = delete;
  ArchiveBuilder& operator=(const ArchiveBuilder&) = delete;

  ArchiveBuilder& file(const std::string& name, const std::string& content);
  ArchiveBuilder& folder(const std::string& name);
  ArchiveBuilder& symlink(const std::string& name, const std::string& target);
  ArchiveBuilder& hardlink(const std::string& name, const std::string& target);
  ArchiveBuilder& fifo(const std::string& name);
  ArchiveBuilder& device(const std::string& name);
  void close();

 private:
  void add(const std::string& name, unsigned type, const std::string& content,
           const std::string& symlink_target, const std::string& hardlink_target);

  struct archive* writer_;
};

}  // namespace ersatz::test
