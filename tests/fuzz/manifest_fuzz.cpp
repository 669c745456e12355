// Manifests: refused as a mistake of the file's author, or every path in them stays inside the
// folder it is meant for, and every file has a digest.
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include "core/error.h"
#include "data/fetch/manifest_parser.h"
#include "data/fetch/safe_path.h"
#include "fuzz/fuzz_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace ersatz;
  static const test::FuzzFile file("m.toml");  // so that `id = "m"` is right
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  try {
    const data::Manifest manifest = data::ManifestParser(file.holding(text)).parse();
    std::set<std::string> paths;
    const auto check_path = [&](const std::string& path) {
      if (!data::unsafe_path_reason(path).empty() || !paths.insert(path).second) std::abort();
    };
    if (manifest.id != "m" || !data::unsafe_path_reason(manifest.mirror_folder).empty()) {
      std::abort();
    }
    for (const data::ManifestFile& entry : manifest.files) {
      check_path(entry.path);
      if (entry.unpack) check_path(entry.unpack->path);
      if (entry.size == 0 || entry.sha256.size() != 64 || entry.urls.empty()) std::abort();
    }
  } catch (const core::Error& error) {
    if (error.code() != core::ExitCode::kUsage) std::abort();
  }
  return 0;
}
