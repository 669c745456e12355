#include "generate/fonts/font_set.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <utility>

#include "core/digest.h"
#include "core/error.h"
#include "core/file_system.h"
#include "core/log.h"

namespace ersatz::generate {
namespace {

constexpr std::uint64_t kMaxFontBytes = std::uint64_t{64} << 20;
constexpr const char* kInstallHint =
    "`make deps` installs the packages of data_manifests/fonts.toml";

using FilesByPackage = std::map<std::string, int>;

// "12 of 149 font files are not installed: fonts-kiloji (4 files), fonts-seto (1 file)"
std::string describe_missing(const FilesByPackage& missing, std::size_t files, std::size_t wanted) {
  std::string packages;
  for (const auto& [package, count] : missing) {
    packages += fmt::format("{}{} ({} file{})", packages.empty() ? "" : ", ", package, count,
                            count == 1 ? "" : "s");
  }
  return fmt::format("{} of {} font files are not installed: {}", files, wanted, packages);
}

}  // namespace

FontSet FontSet::load(const data::Manifest& manifest, const FontSetOptions& options) {
  if (manifest.kind != data::ManifestKind::kDebianPackages) {
    throw core::Error::usage(
        fmt::format("manifest '{}' does not list packages with fonts", manifest.id),
        "a font set needs kind = \"debian-packages\"");
  }
  FontSet set;
  FilesByPackage missing;
  core::Sha256 digest;
  const FreetypeLibrary library;
  std::size_t wanted = 0;
  for (const data::DebianPackage& package : manifest.packages) {
    for (const data::PackageFile& file : package.files) {
      ++wanted;
      std::error_code ignored;
      if (!std::filesystem::is_regular_file(file.path, ignored)) {
        ++missing[package.name];
        set.missing_.push_back(file.path);
        continue;
      }
      const std::string bytes = core::read_file(file.path, kMaxFontBytes);
      const std::string sha256 = core::sha256_hex(bytes);
      std::string reason;
      auto outlines = read_font_digits(library, bytes, reason);
      if (!outlines) {
        core::log_warning(fmt::format("font {} is left out: it {}", file.path, reason));
        set.rejected_.push_back({file.path, package.name, std::move(reason)});
        continue;
      }
      if (sha256 != file.sha256) set.altered_.push_back(file.path);
      digest.update(fmt::format("{} {}\n", file.path, sha256));
      set.fonts_.push_back({file.path, package.name, std::move(*outlines)});
    }
  }
  set.digest_ = digest.hex();

  if (!missing.empty()) {
    const std::string message = describe_missing(missing, set.missing_.size(), wanted);
    if (!options.allow_partial) throw core::Error::missing(message, kInstallHint);
    core::log_warning(fmt::format("{}; {} fonts are used ({})", message, set.size(), kInstallHint));
  }
  if (set.fonts_.empty() || set.fonts_.size() < static_cast<std::size_t>(options.minimum)) {
    throw core::Error::missing(
        fmt::format("only {} of {} fonts can be used, at least {} are needed", set.size(), wanted,
                    options.minimum),
        kInstallHint);
  }
  if (!set.altered_.empty()) {
    core::log_warning(fmt::format(
        "{} of {} fonts differ from those in {} (first: {}): digits may look slightly different",
        set.altered_.size(), set.size(), manifest.source.filename().string(),
        set.altered_.front()));
  }
  return set;
}

FontSet FontSet::load(const FontSetOptions& options) {
  return load(data::find_manifest("fonts"), options);
}

}  // namespace ersatz::generate
