// Fonts for tests: those of the project's manifest that are installed, and manifests made up.
#pragma once

#include <string>
#include <vector>

#include "data/fetch/manifest.h"
#include "generate/fonts/font_set.h"

namespace ersatz::test {

// Every installed font of data_manifests/fonts.toml; the set may be empty.
const generate::FontSet& installed_fonts();

// A package manifest in memory that lists `paths` under `package`.
data::Manifest package_manifest(const std::string& package, const std::vector<std::string>& paths);

}  // namespace ersatz::test

// Skips the test unless at least one font of the manifest is installed.
#define ERSATZ_REQUIRE_FONTS(variable)                                             \
  const ::ersatz::generate::FontSet& variable = ::ersatz::test::installed_fonts(); \
  if (variable.size() == 0) GTEST_SKIP() << "no font of data_manifests/fonts.toml is installed"
