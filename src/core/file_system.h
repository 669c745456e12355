// Durable file operations: what is visible under its final name is complete.
//
// Everything is written beside its destination as partial_path() names it, fsynced, renamed, and
// the folder fsynced. All functions throw Error::io on failure.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace ersatz::core {

namespace fs = std::filesystem;

// Whole file as bytes. Throws Error::missing when absent, Error::untrusted when larger than
// `max_bytes`.
std::string read_file(const fs::path& path, std::uint64_t max_bytes = std::uint64_t{1} << 32);

// Replaces `path` atomically with `bytes`; creates parent folders.
void write_file_atomic(const fs::path& path, std::string_view bytes);

// Appends one line (a '\n' is added) with a single write(2), so that concurrent readers see whole
// lines and a crash tears at most the last one.
void append_line(const fs::path& path, std::string_view line);

void make_directories(const fs::path& path);
void fsync_path(const fs::path& path);       // a file or a folder
void fsync_tree(const fs::path& directory);  // every regular file, then every folder
void rename_durable(const fs::path& from, const fs::path& to);
void remove_tree(const fs::path& path);  // no error when absent
// The file or directory tree `from` also under the name `to`, which must not exist: hard links
// where the file system has them, else copies. What killed writers left half-written within it
// (is_abandoned) is left out.
void share_tree(const fs::path& from, const fs::path& to);

// Makes `target` the directory tree `staged` in one step (exchange + delete of the old tree).
void replace_directory(const fs::path& staged, const fs::path& target);

// `target` with ".<process id>@<host>.partial" behind its name: what this process writes before it
// is complete. Processes of several machines may write the same target in a folder that they share.
// Adds at most 48 bytes.
fs::path partial_path(const fs::path& target);
// Whether `path` is so named by a process of this machine that no longer runs. What other machines
// left is for them to find.
bool is_abandoned(const fs::path& path);

// Bytes an unprivileged process may still write to the file system that holds `path` (or its
// nearest existing parent).
std::uint64_t free_bytes(const fs::path& path);

// Total size of the regular files below `directory`, of several names of one file once; 0 when
// absent.
std::uint64_t tree_bytes(const fs::path& directory);

// Exclusive advisory lock on a file, held until destruction; a crash releases it. The constructor
// waits, and after a second prints who is being waited for (`what`) on stderr once.
class FileLock {
 public:
  FileLock(const fs::path& path, std::string_view what);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace ersatz::core
