#include "data/fetch/archive_builder.h"

#include <archive.h>
#include <archive_entry.h>

#include <stdexcept>

namespace ersatz::test {

ArchiveBuilder::ArchiveBuilder(const std::filesystem::path& path, data::ArchiveFormat format)
    : writer_(archive_write_new()) {
  if (format == data::ArchiveFormat::kZip) {
    archive_write_set_format_zip(writer_);
  } else {
    archive_write_set_format_gnutar(writer_);
    if (path.extension() == ".gz") archive_write_add_filter_gzip(writer_);
    if (path.extension() == ".zst") archive_write_add_filter_zstd(writer_);
  }
  if (archive_write_open_filename(writer_, path.c_str()) != ARCHIVE_OK) {
    throw std::runtime_error("cannot write " + path.string());
  }
}

ArchiveBuilder::~ArchiveBuilder() { close(); }

void ArchiveBuilder::close() {
  if (writer_ != nullptr) archive_write_free(writer_);
  writer_ = nullptr;
}

void ArchiveBuilder::add(const std::string& name, unsigned type, const std::string& content,
                         const std::string& symlink_target, const std::string& hardlink_target) {
  struct archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, name.c_str());
  archive_entry_set_filetype(entry, type);
  archive_entry_set_perm(entry, 0644);
  archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
  if (!symlink_target.empty()) archive_entry_set_symlink(entry, symlink_target.c_str());
  if (!hardlink_target.empty()) archive_entry_set_hardlink(entry, hardlink_target.c_str());
  const bool fine = archive_write_header(writer_, entry) >= ARCHIVE_WARN &&
                    archive_write_data(writer_, content.data(), content.size()) ==
                        static_cast<la_ssize_t>(content.size());
  archive_entry_free(entry);
  if (!fine) throw std::runtime_error("cannot add " + name);
}

ArchiveBuilder& ArchiveBuilder::file(const std::string& name, const std::string& content) {
  add(name, AE_IFREG, content, "", "");
  return *this;
}

ArchiveBuilder& ArchiveBuilder::folder(const std::string& name) {
  add(name, AE_IFDIR, "", "", "");
  return *this;
}

ArchiveBuilder& ArchiveBuilder::symlink(const std::string& name, const std::string& target) {
  add(name, AE_IFLNK, "", target, "");
  return *this;
}

ArchiveBuilder& ArchiveBuilder::hardlink(const std::string& name, const std::string& target) {
  add(name, AE_IFREG, "", "", target);
  return *this;
}

ArchiveBuilder& ArchiveBuilder::fifo(const std::string& name) {
  add(name, AE_IFIFO, "", "", "");
  return *this;
}

ArchiveBuilder& ArchiveBuilder::device(const std::string& name) {
  add(name, AE_IFCHR, "", "", "");
  return *this;
}

}  // namespace ersatz::test
