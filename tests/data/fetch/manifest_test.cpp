#include "data/fetch/manifest.h"

#include <random>
#include <string>

#include "core/file_system.h"
#include "core/project.h"
#include "support/test_support.h"

namespace ersatz::data {
namespace {

using core::ExitCode;

// Line numbers below refer to this text.
const char* const kValid = R"(id = "sample"
title = "A sample"
version = "1.0"
homepage = "https://example.org/sample"
citation = "@misc{sample}"
license = "CC-BY-4.0"
license_url = "https://creativecommons.org/licenses/by/4.0/"
redistribution = "May be shared with attribution."

[expected]
train = 3

[[file]]
path = "images.zip"
urls = ["https://example.org/images.zip", "http://mirror.example.org/images.zip"]
size = 100
sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
unpack = "zip"
max_bytes = 1000
max_entries = 10

[[file]]
path = "labels/train.csv"
urls = ["https://example.org/train.csv"]
size = 7
sha256 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
)";

const char* const kPackages = R"(id = "sample"
kind = "debian-packages"
title = "Two fonts"
version = "1"

[[package]]
name = "fonts-one"
license = "OFL-1.1"
[[package.file]]
path = "/usr/share/fonts/one.ttf"
sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
)";

class ManifestTest : public ::testing::Test {
 protected:
  Manifest load(const std::string& text) {
    core::write_file_atomic(folder_ / "sample.toml", text);
    return load_manifest(folder_ / "sample.toml");
  }

  static std::string changed(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  }

  // The error of the valid manifest with one change.
  void expect_error(const std::string& from, const std::string& to, const std::string& message) {
    SCOPED_TRACE(to);
    EXPECT_ERSATZ_ERROR(load(changed(kValid, from, to)), ExitCode::kUsage, message);
  }

  test::TemporaryFolder folder_;
};

TEST_F(ManifestTest, ReadsEveryField) {
  const Manifest manifest = load(kValid);
  EXPECT_EQ(manifest.id, "sample");
  EXPECT_EQ(manifest.version, "1.0");
  EXPECT_EQ(manifest.license, "CC-BY-4.0");
  EXPECT_EQ(manifest.mirror_folder, "sample");
  EXPECT_EQ(manifest.expected.at("train"), 3);
  ASSERT_EQ(manifest.files.size(), 2u);
  EXPECT_EQ(manifest.files[0].urls.size(), 2u);
  EXPECT_EQ(manifest.files[0].size, 100u);
  ASSERT_TRUE(manifest.files[0].unpack);
  EXPECT_EQ(manifest.files[0].unpack->path, "images");
  EXPECT_EQ(manifest.files[0].unpack->max_entries, 10u);
  EXPECT_FALSE(manifest.files[1].unpack);
}

TEST_F(ManifestTest, ReadsPackages) {
  const Manifest manifest = load(kPackages);
  EXPECT_EQ(manifest.kind, ManifestKind::kDebianPackages);
  ASSERT_EQ(manifest.packages.size(), 1u);
  EXPECT_EQ(manifest.packages[0].name, "fonts-one");
  EXPECT_EQ(manifest.packages[0].files[0].path, "/usr/share/fonts/one.ttf");
}

TEST_F(ManifestTest, DerivesTheUnpackedName) {
  const auto unpacked = [&](const std::string& name, const std::string& format) {
    std::string text = changed(kValid, "images.zip\"", name + "\"");
    return load(changed(text, "unpack = \"zip\"", "unpack = \"" + format + "\""))
        .files[0]
        .unpack->path;
  };
  EXPECT_EQ(unpacked("a/photos.tar.gz", "tar"), "a/photos");
  EXPECT_EQ(unpacked("photos.tgz", "tar"), "photos");
  EXPECT_EQ(unpacked("words.txt.gz", "gz"), "words.txt");
}

// The valid manifest with a part by hand; line numbers below refer to this text.
std::string by_hand(const std::string& items) {
  return R"(id = "sample"
title = "A sample"
version = "1.0"
homepage = "https://example.org/sample"
citation = "@misc{sample}"
license = "CC-BY-4.0"
license_url = "https://creativecommons.org/licenses/by/4.0/"
redistribution = "May be shared with attribution."
obtain = "Ask the authors."
altered = "re-encoded"

)" + items;
}

TEST_F(ManifestTest, ReadsFoldersAndWhatIsProvidedByHand) {
  const Manifest manifest = load(by_hand(R"([[folder]]
path = "train"
files = 12
bytes = 3456
sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

[[folder]]
path = "test"
unverified = "nobody had it"

[[file]]
path = "weights.pth"
unverified = "nobody had it"

[[file]]
path = "LICENSE"
size = 7
sha256 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
)"));
  EXPECT_EQ(manifest.obtain, "Ask the authors.");
  EXPECT_EQ(manifest.altered, "re-encoded");
  ASSERT_EQ(manifest.folders.size(), 2u);
  EXPECT_EQ(manifest.folders[0].path, "train");
  EXPECT_EQ(manifest.folders[0].files, 12u);
  EXPECT_EQ(manifest.folders[0].bytes, 3456u);
  EXPECT_EQ(manifest.folders[0].sha256.substr(0, 4), "0123");
  EXPECT_EQ(manifest.folders[1].unverified, "nobody had it");
  EXPECT_EQ(manifest.folders[1].files, 0u);
  ASSERT_EQ(manifest.files.size(), 2u);
  EXPECT_TRUE(manifest.files[0].urls.empty());
  EXPECT_EQ(manifest.files[0].size, 0u);
  EXPECT_EQ(manifest.files[1].size, 7u);
  EXPECT_TRUE(has_unverified(manifest));
  EXPECT_FALSE(has_unverified(load(kValid)));
  // A digest found for what is unverified changes the identity, one for what is verified does not.
  EXPECT_NE(manifest_digest(manifest, {{"test", "x"}}), manifest_digest(manifest));
  EXPECT_EQ(manifest_digest(manifest, {{"train", "x"}}), manifest_digest(manifest));
}

TEST_F(ManifestTest, MistakesInWhatIsProvidedByHand) {
  const auto wrong = [&](const std::string& items, const std::string& message) {
    SCOPED_TRACE(items);
    EXPECT_ERSATZ_ERROR(load(by_hand(items)), ExitCode::kUsage, message);
  };
  wrong("", "there is no [[file]]");
  wrong("[[folder]]\npath = \"a\"\n", "sample.toml:12: 'files' is missing");
  wrong("[[folder]]\npath = \"a\"\nfiles = 1\n", "'bytes' is missing");
  wrong("[[folder]]\npath = \"a\"\nfiles = 1\nbytes = 2\n", "'sha256' is missing");
  wrong("[[folder]]\npath = \"../a\"\nunverified = \"x\"\n", "sample.toml:13: path '../a'");
  wrong("[[folder]]\npath = \"a\"\nunverified = \"\"\n", "'unverified' is empty");
  wrong("[[folder]]\npath = \"a\"\nunverified = \"x\"\nbytes = 3\n",
        "sample.toml:15: 'bytes' and 'unverified' exclude each other");
  wrong("[[folder]]\npath = \"a\"\nunverified = \"x\"\nfiles = 0\n", "'files' must be");
  wrong("[[folder]]\npath = \"a\"\nunverified = \"x\"\nurls = [\"https://example.org/a\"]\n",
        "unknown key 'urls'");
  wrong(
      "[[folder]]\npath = \"a\"\nunverified = \"x\"\n[[file]]\npath = \"a/b\"\n"
      "unverified = \"x\"\n",
      "clashes with");
  wrong("[[file]]\npath = \"a\"\nunverified = \"x\"\nurls = [\"https://example.org/a\"]\n",
        "'urls' and 'unverified' exclude each other");
  const std::string text = by_hand("[[folder]]\npath = \"a\"\nunverified = \"x\"\n");
  EXPECT_ERSATZ_ERROR(load(changed(text, "obtain = \"Ask the authors.\"\n", "")), ExitCode::kUsage,
                      "'obtain' must say how");
  const std::string file = by_hand("[[file]]\npath = \"a\"\nunverified = \"x\"\n");
  EXPECT_ERSATZ_ERROR(load(changed(file, "obtain = \"Ask the authors.\"\n", "")), ExitCode::kUsage,
                      "'obtain' must say how");
  expect_error("urls = [\"https://example.org/train.csv\"]\n", "", "must be a list of URLs");
}

TEST_F(ManifestTest, MistakesAreNamedWithTheirLine) {
  expect_error("title", "titel", "sample.toml:2: unknown key 'titel'");
  expect_error("title", "titel", "did you mean 'title'?");
  expect_error("size = 100", "sise = 100", "sample.toml:16: unknown key 'sise'");
  expect_error("license = \"CC-BY-4.0\"\n", "", "the licence is missing");
  expect_error("CC-BY-4.0", "CC-BY-4", "sample.toml:6: unknown licence 'CC-BY-4'");
  expect_error("redistribution = \"May be shared with attribution.\"", "", "'redistribution'");
  expect_error("id = \"sample\"", "id = \"other\"", "sample.toml:1: id 'other' must be");
  expect_error("\"1.0\"", "\"../1\"", "sample.toml:3: 'version'");
  expect_error("\"1.0\"", "1.0", "sample.toml:3: 'version' must be a text");
  expect_error("\"A sample\"", "\"\"", "sample.toml:2: 'title' is empty");
  expect_error("https://example.org/sample", "example.org", "sample.toml:4: 'homepage' is not");
  expect_error("train = 3", "train = -1", "sample.toml:11: 'train' must be a count");
  expect_error("0123456789abcdef", "0123456789ABCDEF", "sample.toml:17: 'sha256' must be 64");
  expect_error("aaaaaaaa", "aaaaaaa", "sample.toml:26: 'sha256' must be 64");
  expect_error("size = 7", "size = 0", "sample.toml:25: 'size' must be an integer > 0");
  expect_error("size = 7", "size = 7.5", "sample.toml:25: 'size' must be an integer > 0");
  expect_error("labels/train.csv", "/etc/train.csv", "sample.toml:23: path '/etc/train.csv' is ab");
  expect_error("labels/train.csv", "a/../../b", "sample.toml:23: path 'a/../../b' climbs out");
  expect_error("labels/train.csv", "images.zip", "sample.toml:23: path 'images.zip' appears twice");
  expect_error("labels/train.csv", "images/a.csv", "clashes with 'images' of line 18");
  expect_error("labels/train.csv", "COMPLETE.json", "is reserved");
  expect_error("labels/train.csv", "train.part", "must not end in .part");
  expect_error("https://example.org/train.csv", "ftp://example.org/a",
               "sample.toml:24: not an htt");
  expect_error("https://example.org/train.csv", "file:///etc/passwd", "not an http(s) URL");
  expect_error("[\"https://example.org/train.csv\"]", "[]", "sample.toml:24: 'urls'");
  expect_error("[\"https://example.org/train.csv\"]", "[1]", "a URL must be a text");
  expect_error("unpack = \"zip\"", "unpack = \"rar\"", "unknown archive format 'rar'");
  expect_error("unpack = \"zip\"", "unpack = \"tar\"", "does not end like a tar archive");
  expect_error("unpack = \"zip\"", "", "'max_bytes' means nothing without 'unpack'");
  expect_error("max_bytes = 1000\n", "", "'max_bytes' is missing");
  expect_error("version = \"1.0\"", "version = \"1.0\"\nkind = \"torrent\"", "unknown kind");
  expect_error("[expected]", "[expected", "sample.toml:10:");
  expect_error("version = \"1.0\"", "version = \"1.0\"\nmirror_folder = \"..\"", "mirror_folder");
}

TEST_F(ManifestTest, PackageMistakesAreNamed) {
  const auto expect = [&](const std::string& from, const std::string& to,
                          const std::string& message) {
    SCOPED_TRACE(to);
    EXPECT_ERSATZ_ERROR(load(changed(kPackages, from, to)), ExitCode::kUsage, message);
  };
  expect("/usr/share/fonts/one.ttf", "/etc/shadow", "sample.toml:10: '/etc/shadow' is not below");
  expect("/usr/share/fonts/one.ttf", "/usr/share/../x", "climbs out");
  expect("license = \"OFL-1.1\"\n", "", "the licence is missing");
  expect("OFL-1.1", "OFL-1.2", "unknown licence 'OFL-1.2'");
  expect("fonts-one", "fonts one; rm", "is not a package name");
  expect("[[package.file]]", "[[package.files]]", "unknown key 'files'");
}

TEST_F(ManifestTest, AbsentFileIsMissing) {
  EXPECT_ERSATZ_ERROR(load_manifest(folder_ / "none.toml"), ExitCode::kMissing, "none.toml");
}

TEST_F(ManifestTest, DigestCoversContentAndNothingElse) {
  const std::string digest = manifest_digest(load(kValid));
  EXPECT_EQ(digest.size(), 64u);
  EXPECT_EQ(manifest_digest(load(changed(kValid, "A sample", "Another"))), digest);
  EXPECT_EQ(manifest_digest(load(changed(kValid, "mirror.example", "m.example"))), digest);
  EXPECT_NE(manifest_digest(load(changed(kValid, "aaaa", "bbbb"))), digest);
  EXPECT_NE(manifest_digest(load(changed(kValid, "labels/train", "labels/test"))), digest);
}

TEST_F(ManifestTest, DamagedTextNeverDoesMoreThanThrow) {
  std::mt19937 random(4);
  for (int round = 0; round < 3000; ++round) {
    std::string text = round % 2 == 0 ? kValid : kPackages;
    for (int flips = 1 + static_cast<int>(random() % 4); flips > 0; --flips) {
      text[random() % text.size()] = static_cast<char>(random() & 0xFF);
    }
    if (random() % 8 == 0) text.resize(random() % text.size());
    try {
      // Without fsync: the text changes thousands of times.
      core::remove_tree(folder_ / "sample.toml");
      core::append_line(folder_ / "sample.toml", text);
      load_manifest(folder_ / "sample.toml");
    } catch (const core::Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kUsage) << error.what();
    }
  }
}

TEST(ProjectManifests, AllAreValid) {
  const std::vector<std::string> ids = manifest_ids();
  EXPECT_FALSE(ids.empty());
  for (const std::string& id : ids) {
    SCOPED_TRACE(id);
    EXPECT_EQ(find_manifest(id).id, id);
  }
}

TEST(ProjectManifests, MnistIsTheFourOriginalFiles) {
  const Manifest manifest = find_manifest("mnist");
  EXPECT_EQ(manifest.files.size(), 4u);
  EXPECT_EQ(manifest.license, "CC-BY-SA-3.0");
  EXPECT_EQ(manifest.expected.at("train"), 60000);
  EXPECT_EQ(manifest.expected.at("test"), 10000);
}

TEST(ProjectManifests, UnknownIdSuggestsTheNearest) {
  EXPECT_ERSATZ_ERROR(find_manifest("minst"), ExitCode::kUsage, "did you mean 'mnist'?");
}

}  // namespace
}  // namespace ersatz::data
