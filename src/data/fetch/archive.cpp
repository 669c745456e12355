#include "data/fetch/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>
#include <vector>

#include "core/abandoned.h"
#include "core/digest.h"
#include "core/error.h"
#include "core/file_system.h"
#include "core/signals.h"
#include "data/fetch/entry_names.h"
#include "data/fetch/file_sink.h"
#include "data/fetch/gunzip.h"

namespace ersatz::data {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kRatioFrom = std::uint64_t{1} << 20;  // small files may compress freely
constexpr std::uint64_t kMaxRatio = 100;

struct ReaderDeleter {
  void operator()(struct archive* reader) const { archive_read_free(reader); }
};
struct WriterDeleter {
  void operator()(struct archive* writer) const { archive_write_free(writer); }
};
struct EntryDeleter {
  void operator()(struct archive_entry* entry) const { archive_entry_free(entry); }
};

class Extraction {
 public:
  Extraction(const fs::path& archive, ArchiveFormat format, const ArchiveLimits& limits)
      : path_(archive), limits_(limits), reader_(archive_read_new()), piece_(kPiece) {
    struct archive* reader = reader_.get();
    if (format == ArchiveFormat::kZip) {
      archive_read_support_format_zip(reader);
    } else {
      archive_read_support_format_tar(reader);
      archive_read_support_filter_gzip(reader);
      archive_read_support_filter_bzip2(reader);
      archive_read_support_filter_xz(reader);
      archive_read_support_filter_zstd(reader);
    }
    // Small blocks keep the count of consumed bytes, and so the ratio, close to the entry.
    constexpr std::size_t kBlock = 10240;
    if (archive_read_open_filename(reader, archive.c_str(), kBlock) != ARCHIVE_OK) {
      if (!fs::exists(archive)) throw core::Error::io("open", archive, ENOENT);
      refuse("not a readable archive: " + message(reader));
    }
  }

  ExtractedTree extract_below(const fs::path& folder) {
    writer_.reset(archive_write_disk_new());
    archive_write_disk_set_options(writer_.get(), ARCHIVE_EXTRACT_SECURE_SYMLINKS |
                                                      ARCHIVE_EXTRACT_SECURE_NODOTDOT |
                                                      ARCHIVE_EXTRACT_NO_OVERWRITE);
    ExtractedTree tree;
    std::map<std::string, std::string> digests;
    struct archive_entry* entry = nullptr;
    std::uint64_t entries = 0;
    while (next(&entry)) {
      core::stop_point();
      if (++entries > limits_.max_entries) {
        refuse(fmt::format("more than {} entries", limits_.max_entries));
      }
      const std::string name = admit(entry);
      if (name.empty()) continue;
      const bool is_folder = archive_entry_filetype(entry) == AE_IFDIR;
      start(folder / name, is_folder);
      if (!is_folder) {
        core::Sha256 digest;
        tree.bytes += copy_data(name, tree.bytes, digest);
        digests.emplace(name, digest.hex());
      }
      if (archive_write_finish_entry(writer_.get()) != ARCHIVE_OK) write_failed(folder / name);
    }
    if (archive_write_close(writer_.get()) != ARCHIVE_OK) write_failed(folder);
    tree.files = digests.size();
    tree.digest = tree_digest(digests);
    return tree;
  }

 private:
  static constexpr std::size_t kPiece = std::size_t{64} << 10;

  static std::string message(struct archive* source) {
    const char* text = archive_error_string(source);
    return text != nullptr ? text : "unknown format";
  }

  [[noreturn]] void refuse(std::string_view what) const {
    throw core::Error::untrusted(path_, what);
  }
  [[noreturn]] void refuse_entry(std::string_view name, std::string_view what) const {
    // Names may hold anything; keep the message printable.
    std::string shown(name.substr(0, 300));
    std::replace_if(
        shown.begin(), shown.end(), [](char c) { return c >= 0 && c < ' '; }, '?');
    refuse(fmt::format("entry '{}' {}", shown, what));
  }
  [[noreturn]] void write_failed(const fs::path& target) const {
    const int error = archive_errno(writer_.get());
    throw core::Error::io("extract", target, error > 0 ? error : EIO);
  }

  bool next(struct archive_entry** entry) {
    const int status = archive_read_next_header(reader_.get(), entry);
    if (status == ARCHIVE_EOF) return false;
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN) {
      refuse("damaged archive: " + message(reader_.get()));
    }
    return true;
  }

  // The name to extract under; empty for the archive's own root folder.
  std::string admit(struct archive_entry* entry) {
    const char* raw = archive_entry_pathname(entry);
    if (raw == nullptr) refuse("an entry's name is not valid text");
    const auto type = archive_entry_filetype(entry);
    if (archive_entry_symlink(entry) != nullptr || type == AE_IFLNK) {
      refuse_entry(raw, "is a symbolic link");
    }
    if (archive_entry_hardlink(entry) != nullptr) refuse_entry(raw, "is a hard link");
    if (type != AE_IFREG && type != AE_IFDIR) refuse_entry(raw, "is a device or special file");
    if (archive_entry_is_encrypted(entry) != 0) refuse_entry(raw, "is encrypted");
    const EntryNames::Verdict verdict = names_.admit(raw, type == AE_IFDIR);
    if (!verdict.refusal.empty()) refuse_entry(raw, verdict.refusal);
    return verdict.name;
  }

  void start(const fs::path& target, bool is_folder) {
    const std::unique_ptr<struct archive_entry, EntryDeleter> header(archive_entry_new());
    archive_entry_set_pathname(header.get(), target.c_str());
    archive_entry_set_filetype(header.get(), is_folder ? AE_IFDIR : AE_IFREG);
    archive_entry_set_perm(header.get(), is_folder ? 0755 : 0644);
    if (archive_write_header(writer_.get(), header.get()) != ARCHIVE_OK) write_failed(target);
  }

  std::uint64_t copy_data(const std::string& name, std::uint64_t before, core::Sha256& digest) {
    const std::int64_t stored_before = archive_filter_bytes(reader_.get(), -1);
    std::uint64_t produced = 0;
    for (;;) {
      const la_ssize_t size = archive_read_data(reader_.get(), piece_.data(), piece_.size());
      if (size == 0) return produced;
      if (size < 0) refuse_entry(name, "is damaged: " + message(reader_.get()));
      produced += static_cast<std::uint64_t>(size);
      if (produced > limits_.max_file_bytes || before + produced > limits_.max_bytes) {
        refuse_entry(name, fmt::format("exceeds the limit of {} bytes",
                                       std::min(limits_.max_file_bytes, limits_.max_bytes)));
      }
      const auto stored =
          static_cast<std::uint64_t>(archive_filter_bytes(reader_.get(), -1) - stored_before);
      if (produced > kRatioFrom && produced > kMaxRatio * std::max(stored, std::uint64_t{1})) {
        refuse_entry(name, fmt::format("grows more than {}:1 (a decompression bomb?)", kMaxRatio));
      }
      digest.update(piece_.data(), static_cast<std::size_t>(size));
      if (archive_write_data(writer_.get(), piece_.data(), static_cast<std::size_t>(size)) !=
          size) {
        write_failed(name);
      }
      core::stop_point();
    }
  }

  fs::path path_;
  ArchiveLimits limits_;
  Utf8Locale locale_;
  std::unique_ptr<struct archive, ReaderDeleter> reader_;
  std::unique_ptr<struct archive, WriterDeleter> writer_;
  std::vector<char> piece_;
  EntryNames names_;
};

fs::path partial_of(const fs::path& destination) { return destination.string() + ".partial"; }

}  // namespace

std::string tree_digest(const std::map<std::string, std::string>& sha256_by_path) {
  core::Sha256 digest;
  for (const auto& [path, sha256] : sha256_by_path) digest.update(path + '\0' + sha256 + '\n');
  return digest.hex();
}

ExtractedTree extract_archive(const fs::path& archive, ArchiveFormat format,
                              const fs::path& destination, const ArchiveLimits& limits) {
  const fs::path partial = partial_of(destination);
  core::remove_abandoned(destination);
  core::remove_tree(partial);
  core::make_directories(partial);
  try {
    // Canonical, because SECURE_SYMLINKS would also object to a symbolic link that leads to the
    // cache, which is the user's own choice.
    const ExtractedTree tree =
        Extraction(archive, format, limits).extract_below(fs::canonical(partial));
    core::fsync_tree(partial);
    core::replace_directory(partial, destination);
    return tree;
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(partial, ignored);
    throw;
  }
}

ExtractedTree extract_gzip(const fs::path& archive, const fs::path& destination,
                           std::uint64_t max_bytes) {
  FileSink file(partial_of(destination));
  core::Sha256 digest;
  ExtractedTree tree;
  tree.files = 1;
  tree.bytes = gunzip(archive, max_bytes, [&](const std::uint8_t* bytes, std::size_t size) {
    core::stop_point();
    digest.update(bytes, size);
    file.write(bytes, size);
  });
  tree.digest = digest.hex();
  file.publish(destination);
  return tree;
}

}  // namespace ersatz::data
