#include "data/fetch/packages.h"

#include "core/digest.h"
#include "core/file_system.h"
#include "data/fetch/dataset_store.h"
#include "support/test_support.h"

namespace ersatz::data {
namespace {

namespace fs = std::filesystem;
using core::ExitCode;

Manifest one_package(const std::string& path, const std::string& sha256) {
  Manifest manifest;
  manifest.id = "sample";
  manifest.kind = ManifestKind::kDebianPackages;
  manifest.packages = {{"fonts-one", "OFL-1.1", {{path, sha256}}}};
  return manifest;
}

TEST(Packages, MissingOnesAreNamedWithTheRemedy) {
  const Manifest manifest = one_package("/usr/share/fonts/none/none.ttf", std::string(64, '0'));
  EXPECT_EQ(missing_packages(manifest), std::vector<std::string>{"fonts-one"});
  EXPECT_FALSE(find_dataset(manifest));
  EXPECT_ERSATZ_ERROR(fetch_dataset(manifest), ExitCode::kMissing,
                      "1 of 1 packages are not installed: fonts-one");
  EXPECT_ERSATZ_ERROR(fetch_dataset(manifest), ExitCode::kMissing, "make deps");
}

TEST(Packages, InstalledOnesAreUsedWhereTheyAre) {
  const test::TemporaryFolder folder;
  const std::string file = (folder / "one.ttf").string();
  core::write_file_atomic(file, "a font");
  const Manifest manifest = one_package(file, core::sha256_hex("a font"));
  const core::DatasetHandle handle = fetch_dataset(manifest);
  EXPECT_EQ(handle.folder, fs::path("/"));
  EXPECT_EQ(handle.digest, manifest_digest(manifest));
  EXPECT_EQ(handle.source, "installed packages");
  EXPECT_TRUE(find_dataset(manifest, true));
}

TEST(Packages, AnotherVersionIsADigestMismatch) {
  const test::TemporaryFolder folder;
  const std::string file = (folder / "one.ttf").string();
  core::write_file_atomic(file, "another font");
  const Manifest manifest = one_package(file, core::sha256_hex("a font"));
  EXPECT_TRUE(find_dataset(manifest));
  EXPECT_ERSATZ_ERROR(fetch_dataset(manifest), ExitCode::kDigestMismatch, "fonts-one");
}

}  // namespace
}  // namespace ersatz::data
