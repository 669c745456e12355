#include "generate/fonts/font_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "generate/fonts/font_fixture.h"
#include "support/test_support.h"

namespace ersatz::generate {
namespace {

using core::ExitCode;

FontSetOptions at_least(int minimum, bool allow_partial = false) {
  FontSetOptions options;
  options.minimum = minimum;
  options.allow_partial = allow_partial;
  return options;
}

TEST(FontManifest, ListsAsManyFacesAsThePaper) {
  const data::Manifest manifest = data::find_manifest("fonts");
  std::set<std::string> paths;
  for (const data::DebianPackage& package : manifest.packages) {
    // The dependency installer picks package names by this prefix.
    EXPECT_EQ(package.name.rfind("fonts-", 0), 0U) << package.name;
    EXPECT_FALSE(package.license.empty());
    for (const data::PackageFile& file : package.files) paths.insert(file.path);
  }
  EXPECT_EQ(paths.size(), 149U);
  EXPECT_EQ(manifest.expected.at("faces"), 149);
}

TEST(FontSet, WholeManifestServes) {
  ERSATZ_REQUIRE_FONTS(installed);
  if (installed.size() + installed.rejected().size() < 149) {
    GTEST_SKIP() << "only " << installed.size() << " of 149 fonts are installed (make deps)";
  }
  const FontSet fonts = FontSet::load();
  EXPECT_EQ(fonts.size(), 149U);
  EXPECT_THAT(fonts.rejected(), testing::IsEmpty());
  EXPECT_THAT(fonts.missing(), testing::IsEmpty());
  EXPECT_EQ(fonts.digest().size(), 64U);
  EXPECT_EQ(fonts.digest(), installed.digest());
}

TEST(FontSet, MissingFontsNameTheirPackage) {
  const data::Manifest manifest = test::package_manifest(
      "fonts-nowhere", {"/usr/share/fonts/nowhere/a.ttf", "/usr/share/fonts/nowhere/b.ttf"});
  EXPECT_ERSATZ_ERROR(FontSet::load(manifest), ExitCode::kMissing,
                      "2 of 2 font files are not installed: fonts-nowhere (2 files)");
  EXPECT_ERSATZ_ERROR(FontSet::load(manifest), ExitCode::kMissing, "make deps");
  EXPECT_ERSATZ_ERROR(FontSet::load(manifest, at_least(10, true)), ExitCode::kMissing,
                      "only 0 of 2 fonts can be used, at least 10 are needed");
}

TEST(FontSet, PartialSetIsUsedWhenAllowed) {
  ERSATZ_REQUIRE_FONTS(installed);
  const std::string path = installed.fonts().front().path;
  const data::Manifest manifest =
      test::package_manifest("fonts-mixed", {"/usr/share/fonts/nowhere/a.ttf", path});
  EXPECT_ERSATZ_ERROR(FontSet::load(manifest, at_least(1)), ExitCode::kMissing,
                      "1 of 2 font files are not installed: fonts-mixed (1 file)");
  const FontSet fonts = FontSet::load(manifest, at_least(1, true));
  ASSERT_EQ(fonts.size(), 1U);
  EXPECT_EQ(fonts.fonts()[0].path, path);
  EXPECT_THAT(fonts.missing(), testing::ElementsAre("/usr/share/fonts/nowhere/a.ttf"));
  // The made-up manifest promises other bytes: used, but recorded.
  EXPECT_THAT(fonts.altered(), testing::ElementsAre(path));
}

TEST(FontSet, BrokenFontIsRejectedWithAReason) {
  ERSATZ_REQUIRE_FONTS(installed);
  const test::TemporaryFolder folder;
  const std::string broken = (folder / "broken.ttf").string();
  std::ofstream(broken) << "this is not a font";
  const FontSet fonts = FontSet::load(
      test::package_manifest("fonts-mixed", {broken, installed.fonts().front().path}), at_least(1));
  ASSERT_EQ(fonts.size(), 1U);
  ASSERT_EQ(fonts.rejected().size(), 1U);
  EXPECT_EQ(fonts.rejected()[0].path, broken);
  EXPECT_THAT(fonts.rejected()[0].reason, testing::HasSubstr("not a font FreeType can read"));
}

TEST(FontSet, DigestDependsOnTheFontsInUse) {
  ERSATZ_REQUIRE_FONTS(installed);
  if (installed.size() < 2) GTEST_SKIP() << "needs two installed fonts";
  const auto digest = [](const std::vector<std::string>& paths) {
    return FontSet::load(test::package_manifest("fonts-some", paths), at_least(1)).digest();
  };
  const std::string a = installed.fonts()[0].path, b = installed.fonts()[1].path;
  EXPECT_EQ(digest({a, b}), digest({a, b}));
  EXPECT_NE(digest({a, b}), digest({a}));
  EXPECT_NE(digest({a, b}), digest({b, a}));
}

TEST(FontSet, NeedsAPackageManifest) {
  data::Manifest manifest = test::package_manifest("fonts-some", {});
  manifest.kind = data::ManifestKind::kFiles;
  EXPECT_ERSATZ_ERROR(FontSet::load(manifest), ExitCode::kUsage, "does not list packages");
}

}  // namespace
}  // namespace ersatz::generate
