#include "data/fetch/mirror.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include "core/digest.h"
#include "core/error.h"
#include "core/signals.h"
#include "data/fetch/file_sink.h"
#include "data/fetch/gunzip.h"

namespace ersatz::data {

namespace fs = std::filesystem;

std::vector<fs::path> mirror_directories() {
  std::vector<fs::path> directories;
  const char* value = std::getenv("ERSATZ_MIRROR");
  if (value == nullptr) return directories;
  const std::string_view list(value);
  for (std::size_t begin = 0; begin < list.size();) {
    const std::size_t end = std::min(list.find(':', begin), list.size());
    if (end > begin) {
      directories.push_back(fs::absolute(list.substr(begin, end - begin)).lexically_normal());
    }
    begin = end + 1;
  }
  return directories;
}

bool copy_from_mirror(const fs::path& mirror, const Manifest& manifest, const ManifestFile& file,
                      const fs::path& destination) {
  const fs::path source = mirror / manifest.mirror_folder / file.path;
  std::error_code ignored;
  if (!fs::exists(source, ignored)) return false;
  FileSink copy(destination.string() + ".partial");
  core::Sha256 hash;
  read_plain(source, [&](const std::uint8_t* bytes, std::size_t size) {
    core::stop_point();
    hash.update(bytes, size);
    copy.write(bytes, size);
  });
  const std::string digest = hash.hex();
  if (digest != file.sha256) {
    throw core::Error::digest_mismatch(source, file.sha256, digest)
        .with_hint(
            "the mirror holds another version or a damaged copy; remove it from "
            "ERSATZ_MIRROR or repair the file");
  }
  copy.publish(destination);
  return true;
}

}  // namespace ersatz::data
