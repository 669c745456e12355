#include "generate/fonts/font_fixture.h"

#include <algorithm>
#include <filesystem>

#include "core/error.h"

namespace ersatz::test {

const generate::FontSet& installed_fonts() {
  static const generate::FontSet fonts = [] {
    data::Manifest manifest = data::find_manifest("fonts");
    // Missing files are taken out beforehand: tests do not depend on the wording of the warning.
    for (data::DebianPackage& package : manifest.packages) {
      auto& files = package.files;
      files.erase(std::remove_if(files.begin(), files.end(),
                                 [](const data::PackageFile& file) {
                                   return !std::filesystem::exists(file.path);
                                 }),
                  files.end());
    }
    generate::FontSetOptions options;
    options.minimum = 1;
    try {
      return generate::FontSet::load(manifest, options);
    } catch (const core::Error&) {
      return generate::FontSet();
    }
  }();
  return fonts;
}

data::Manifest package_manifest(const std::string& package, const std::vector<std::string>& paths) {
  data::Manifest manifest;
  manifest.kind = data::ManifestKind::kDebianPackages;
  manifest.id = "made-up";
  manifest.source = "made-up.toml";
  data::DebianPackage entry;
  entry.name = package;
  for (const std::string& path : paths) entry.files.push_back({path, std::string(64, '0')});
  manifest.packages.push_back(entry);
  return manifest;
}

}  // namespace ersatz::test
