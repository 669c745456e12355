#include "data/fetch/dataset_store.h"

#include <cstdlib>
#include <string>

#include "core/digest.h"
#include "core/file_system.h"
#include "data/fetch/archive.h"
#include "data/fetch/archive_builder.h"
#include "data/fetch/test_server.h"
#include "support/test_support.h"

namespace ersatz::data {
namespace {

namespace fs = std::filesystem;
using core::ExitCode;
using test::HttpConnection;
using test::HttpRequest;
using test::TestServer;

class DatasetStore : public ::testing::Test {
 protected:
  DatasetStore() {
    core::set_progress_mode(core::ProgressMode::kNone);
    ::setenv("ERSATZ_CACHE", (folder_ / "cache").c_str(), 1);
    ::unsetenv("ERSATZ_MIRROR");
    options_.download.first_pause = std::chrono::milliseconds(1);
  }
  ~DatasetStore() override {
    ::unsetenv("ERSATZ_CACHE");
    ::unsetenv("ERSATZ_MIRROR");
  }

  // Two files at `base`/a and `base`/sub/b.
  Manifest manifest(const std::string& base) const {
    Manifest made;
    made.id = "sample";
    made.version = "1.0";
    made.license = "CC0-1.0";
    made.mirror_folder = "mirrored";
    made.files = {{"a", {base + "/a"}, a_.size(), core::sha256_hex(a_), {}},
                  {"sub/b", {base + "/sub/b"}, b_.size(), core::sha256_hex(b_), {}}};
    return made;
  }
  void add_to_mirror(const std::string& mirror, const std::string& path, const std::string& bytes) {
    core::write_file_atomic(folder_ / mirror / "mirrored" / path, bytes);
  }
  void use_mirrors(const std::string& names) {
    std::string list;
    for (std::size_t begin = 0; begin < names.size();) {
      const auto end = std::min(names.find(' ', begin), names.size());
      list += (folder_ / names.substr(begin, end - begin)).string() + ":";
      begin = end + 1;
    }
    ::setenv("ERSATZ_MIRROR", list.c_str(), 1);
  }
  fs::path cached(const std::string& path) const {
    return folder_ / "cache" / "sample" / "1.0" / path;
  }
  static TestServer::Handler serve(std::map<std::string, std::string> files) {
    return [files = std::move(files)](HttpConnection& connection, const HttpRequest& asked) {
      const auto file = files.find(asked.path);
      if (file == files.end()) {
        connection.send_status("404 Not Found");
      } else {
        connection.send_file(asked, file->second, "\"v\"");
      }
    };
  }

  test::TemporaryFolder folder_;
  FetchOptions options_;
  std::string a_ = test::test_bytes(5000, 1), b_ = test::test_bytes(700, 2);
  const std::string nowhere_ = "http://127.0.0.1:9";
};

TEST_F(DatasetStore, FetchesFromTheNetworkOnce) {
  TestServer server(serve({{"/a", a_}, {"/sub/b", b_}}));
  const Manifest wanted = manifest(server.url(""));
  EXPECT_FALSE(find_dataset(wanted));
  const core::DatasetHandle handle = fetch_dataset(wanted, options_);
  EXPECT_EQ(handle.folder, cached("").parent_path());
  EXPECT_EQ(handle.digest, manifest_digest(wanted));
  EXPECT_EQ(handle.source, server.url("/a") + ", " + server.url("/sub/b"));
  EXPECT_EQ(core::read_file(cached("a")), a_);
  EXPECT_EQ(core::read_file(cached("sub/b")), b_);

  EXPECT_EQ(fetch_dataset(wanted, options_).source, "cache");
  EXPECT_EQ(find_dataset(wanted, true)->source, "cache");
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST_F(DatasetStore, MirrorsComeBeforeTheNetworkInOrder) {
  add_to_mirror("second", "a", a_);
  add_to_mirror("second", "sub/b", b_);
  use_mirrors("first second");
  const core::DatasetHandle handle = fetch_dataset(manifest(nowhere_), options_);
  EXPECT_EQ(handle.source, "mirror " + (folder_ / "second").string());
  EXPECT_EQ(core::read_file(cached("a")), a_);
  // A copy, not a link: the mirror may go away.
  fs::remove_all(folder_ / "second");
  EXPECT_TRUE(find_dataset(manifest(nowhere_), true));
}

TEST_F(DatasetStore, AbsentMirrorFilesFallThrough) {
  TestServer server(serve({{"/sub/b", b_}}));
  add_to_mirror("mirror", "a", a_);
  use_mirrors("mirror");
  EXPECT_EQ(fetch_dataset(manifest(server.url("")), options_).source,
            "mirror " + (folder_ / "mirror").string() + ", " + server.url("/sub/b"));
}

TEST_F(DatasetStore, AMirrorThatDisagreesIsAnError) {
  const std::string other = test::test_bytes(a_.size(), 3);
  add_to_mirror("mirror", "a", other);
  use_mirrors("mirror");
  EXPECT_ERSATZ_ERROR(fetch_dataset(manifest(nowhere_), options_), ExitCode::kDigestMismatch,
                      core::sha256_hex(a_));
  EXPECT_ERSATZ_ERROR(fetch_dataset(manifest(nowhere_), options_), ExitCode::kDigestMismatch,
                      core::sha256_hex(other));
  EXPECT_TRUE(fs::is_empty(cached("")));
}

TEST_F(DatasetStore, WithoutNetworkEverythingTriedIsListed) {
  use_mirrors("mirror");
  for (const std::string& part :
       {std::string("cannot get a of dataset 'sample'"), (folder_ / "mirror").string(),
        nowhere_ + "/a: Failed to connect", std::string("ersatz fetch sample")}) {
    EXPECT_ERSATZ_ERROR(fetch_dataset(manifest(nowhere_), options_), ExitCode::kMissing, part);
  }
}

TEST_F(DatasetStore, OfflineAsksNoServer) {
  TestServer server(serve({{"/a", a_}, {"/sub/b", b_}}));
  options_.offline = true;
  EXPECT_ERSATZ_ERROR(fetch_dataset(manifest(server.url("")), options_), ExitCode::kMissing,
                      "not asked (offline)");
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(DatasetStore, AHalfFetchedDatasetIsNotADataset) {
  TestServer server(serve({{"/a", a_}}));
  EXPECT_ERSATZ_ERROR(fetch_dataset(manifest(server.url("")), options_), ExitCode::kMissing,
                      "HTTP status 404");
  EXPECT_TRUE(fs::exists(cached("a")));
  EXPECT_FALSE(find_dataset(manifest(server.url(""))));
  // What was fetched is kept for the next attempt.
  TestServer better(serve({{"/sub/b", b_}}));
  EXPECT_TRUE(fetch_dataset(manifest(better.url("")), options_).source.size() > 0);
  EXPECT_EQ(better.requests().size(), 1u);
}

TEST_F(DatasetStore, DamageInTheCacheIsFoundAndRepaired) {
  TestServer server(serve({{"/a", a_}, {"/sub/b", b_}}));
  const Manifest wanted = manifest(server.url(""));
  fetch_dataset(wanted, options_);

  core::write_file_atomic(cached("a"), a_.substr(1));
  EXPECT_FALSE(find_dataset(wanted)) << "another size is noticed at once";
  fetch_dataset(wanted, options_);
  EXPECT_EQ(core::read_file(cached("a")), a_);

  std::string damaged = a_;
  damaged[7] ^= 1;
  core::write_file_atomic(cached("a"), damaged);
  EXPECT_TRUE(find_dataset(wanted));
  EXPECT_ERSATZ_ERROR(find_dataset(wanted, true), ExitCode::kDigestMismatch, "--verify");
  options_.verify = true;
  fetch_dataset(wanted, options_);
  EXPECT_EQ(core::read_file(cached("a")), a_);
}

TEST_F(DatasetStore, AnotherManifestOrABrokenRecordIsNotTrusted) {
  add_to_mirror("mirror", "a", a_);
  add_to_mirror("mirror", "sub/b", b_);
  use_mirrors("mirror");
  fetch_dataset(manifest(nowhere_), options_);
  Manifest changed = manifest(nowhere_);
  changed.files[0].sha256 = std::string(64, '0');
  EXPECT_FALSE(find_dataset(changed));
  for (const char* text : {"", "{", "{}", "[]", "{\"format\": 1, \"digest\": 5, \"files\": 3}"}) {
    core::write_file_atomic(cached("COMPLETE.json"), text);
    EXPECT_FALSE(find_dataset(manifest(nowhere_))) << text;
  }
}

TEST_F(DatasetStore, UnpacksAndChecksWhatCameOut) {
  test::ArchiveBuilder(folder_ / "p.zip", ArchiveFormat::kZip)
      .file("one.png", "1")
      .file("two.png", "22");
  const std::string zip = core::read_file(folder_ / "p.zip");
  add_to_mirror("mirror", "p.zip", zip);
  use_mirrors("mirror");
  Manifest wanted = manifest(nowhere_);
  Unpack unpack;
  unpack.format = ArchiveFormat::kZip;
  unpack.max_bytes = 100;
  unpack.path = "p";
  wanted.files = {{"p.zip", {nowhere_ + "/p.zip"}, zip.size(), core::sha256_hex(zip), unpack}};
  fetch_dataset(wanted, options_);
  EXPECT_EQ(core::read_file(cached("p/two.png")), "22");
  EXPECT_TRUE(find_dataset(wanted, true));

  fs::remove(cached("p/one.png"));
  EXPECT_FALSE(find_dataset(wanted));
  fetch_dataset(wanted, options_);
  EXPECT_EQ(core::read_file(cached("p/one.png")), "1");

  core::remove_tree(cached(""));
  wanted.files[0].unpack->max_bytes = 2;
  EXPECT_ERSATZ_ERROR(fetch_dataset(wanted, options_), ExitCode::kUntrustedData, "limit of 2");
  wanted.files[0].unpack->max_bytes = 100;
  wanted.files[0].unpack->sha256 = std::string(64, '0');
  EXPECT_ERSATZ_ERROR(fetch_dataset(wanted, options_), ExitCode::kDigestMismatch,
                      "unpacked_sha256");
  EXPECT_FALSE(find_dataset(wanted));
}

TEST_F(DatasetStore, RequireNamesTheCommand) {
  EXPECT_ERSATZ_ERROR(require_dataset("mnist"), ExitCode::kMissing, "make data-mnist");
  EXPECT_ERSATZ_ERROR(require_dataset("minst"), ExitCode::kUsage, "did you mean 'mnist'?");
}

TEST_F(DatasetStore, RealMnistFromTheMirror) {
  ERSATZ_REQUIRE_SHARED(mirror, "data");
  if (!fs::exists(mirror / "mnist")) GTEST_SKIP() << "needs shared/data/mnist";
  ::setenv("ERSATZ_MIRROR", mirror.c_str(), 1);
  options_.offline = true;
  fetch_dataset(find_manifest("mnist"), options_);
  const core::DatasetHandle handle = require_dataset("mnist");
  EXPECT_EQ(fs::file_size(handle.folder / "t10k-labels-idx1-ubyte.gz"), 4542u);
}

// A data set that only mirrors can have: a verified folder, one without digest, and a file without.
class ByHand : public DatasetStore {
 protected:
  ByHand() {
    for (const auto& [path, bytes] : files_) add_to_mirror("mirror", path, bytes);
    use_mirrors("mirror");
  }
  Manifest by_hand() const {
    Manifest made = manifest(nowhere_);
    made.files = {{"w.bin", {}, 0, "", {}, "nobody had it"}};
    made.obtain = "Ask the authors.";
    made.altered = "re-encoded";
    std::map<std::string, std::string> digests;
    std::uint64_t bytes = 0;
    for (const auto& [path, content] : files_) {
      if (path.rfind("known/", 0) != 0) continue;
      digests[path.substr(6)] = core::sha256_hex(content);
      bytes += content.size();
    }
    made.folders = {{"known", digests.size(), bytes, tree_digest(digests), ""},
                    {"unknown", 0, 0, "", "nobody had it"}};
    return made;
  }
  void expect_mirror_error(const Manifest& wanted, ExitCode code, const std::string& text) {
    EXPECT_ERSATZ_ERROR(fetch_dataset(wanted, options_), code, text);
    EXPECT_FALSE(find_dataset(wanted));
    EXPECT_FALSE(fs::exists(cached("known")));
  }

  std::map<std::string, std::string> files_ = {{"known/a/1", test::test_bytes(300, 1)},
                                               {"known/a/2", test::test_bytes(20, 2)},
                                               {"known/b", test::test_bytes(1, 3)},
                                               {"unknown/x", test::test_bytes(50, 4)},
                                               {"w.bin", test::test_bytes(70, 5)}};
};

TEST_F(ByHand, FoldersAreCopiedAndVerified) {
  add_to_mirror("mirror", "known/.DS_Store", "hidden files do not count");
  add_to_mirror("mirror", "known/.git/config", "nor do hidden folders");
  const Manifest wanted = by_hand();
  const core::DatasetHandle handle = fetch_dataset(wanted, options_);
  EXPECT_EQ(handle.source, "mirror " + (folder_ / "mirror").string());
  for (const auto& [path, bytes] : files_) EXPECT_EQ(core::read_file(cached(path)), bytes) << path;
  EXPECT_FALSE(fs::exists(cached("known/.DS_Store")));
  EXPECT_EQ(handle.remark, "re-encoded; not verified: the manifest has no digests");
  // A copy: the mirror may go away.
  fs::remove_all(folder_ / "mirror");
  const auto found = find_dataset(wanted, true);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->digest, handle.digest);
  EXPECT_EQ(found->remark, handle.remark);
  EXPECT_EQ(fetch_dataset(wanted, options_).source, "cache");
}

TEST_F(ByHand, TheIdentityIsWhatWasFound) {
  const Manifest wanted = by_hand();
  const std::string before = fetch_dataset(wanted, options_).digest;
  EXPECT_NE(before, manifest_digest(wanted));
  fs::remove_all(folder_ / "cache");
  EXPECT_EQ(fetch_dataset(wanted, options_).digest, before);
  fs::remove_all(folder_ / "cache");
  add_to_mirror("mirror", "unknown/y", "one more");
  const std::string after = fetch_dataset(wanted, options_).digest;
  EXPECT_NE(after, before);
  fs::remove_all(folder_ / "cache");
  add_to_mirror("mirror", "w.bin", "other weights");
  EXPECT_NE(fetch_dataset(wanted, options_).digest, after);
}

TEST_F(ByHand, AFolderThatDiffersIsRefused) {
  const Manifest wanted = by_hand();
  add_to_mirror("mirror", "known/c", "one too many");
  expect_mirror_error(wanted, ExitCode::kDigestMismatch, "4 files");
  fs::remove(folder_ / "mirror/mirrored/known/c");
  std::string other = files_["known/a/1"];
  other[5] ^= 1;
  add_to_mirror("mirror", "known/a/1", other);
  expect_mirror_error(wanted, ExitCode::kDigestMismatch, wanted.folders[0].sha256);
  // The same files under another name.
  add_to_mirror("mirror", "known/a/1", files_["known/a/1"]);
  fs::rename(folder_ / "mirror/mirrored/known/b", folder_ / "mirror/mirrored/known/B");
  expect_mirror_error(wanted, ExitCode::kDigestMismatch, wanted.folders[0].sha256);
  fs::rename(folder_ / "mirror/mirrored/known/B", folder_ / "mirror/mirrored/known/b");
  EXPECT_NO_THROW(fetch_dataset(wanted, options_));
}

TEST_F(ByHand, WhereNobodyHasItTheManifestSaysHowToComeByIt) {
  fs::remove_all(folder_ / "mirror/mirrored/unknown");
  for (const std::string& part :
       {std::string("cannot get unknown of dataset 'sample'"), (folder_ / "mirror").string(),
        std::string("no address to download"), std::string("Ask the authors."),
        std::string("mirrored/unknown")}) {
    EXPECT_ERSATZ_ERROR(fetch_dataset(by_hand(), options_), ExitCode::kMissing, part);
  }
  fs::create_directories(folder_ / "mirror/mirrored/unknown");
  EXPECT_ERSATZ_ERROR(fetch_dataset(by_hand(), options_), ExitCode::kMissing, "is empty");
}

TEST_F(ByHand, DamageInTheCacheIsFoundAndRepaired) {
  const Manifest wanted = by_hand();
  const std::string digest = fetch_dataset(wanted, options_).digest;
  for (const char* path : {"known/a/2", "unknown/x", "w.bin"}) {
    SCOPED_TRACE(path);
    std::string bytes = core::read_file(cached(path));
    core::write_file_atomic(cached(path), bytes + "x");
    EXPECT_FALSE(find_dataset(wanted)) << "another size is noticed at once";
    EXPECT_EQ(fetch_dataset(wanted, options_).digest, digest);
    bytes[3] ^= 1;
    core::write_file_atomic(cached(path), bytes);
    EXPECT_TRUE(find_dataset(wanted));
    EXPECT_ERSATZ_ERROR(find_dataset(wanted, true), ExitCode::kDigestMismatch, "--verify");
    options_.verify = true;
    EXPECT_EQ(fetch_dataset(wanted, options_).digest, digest);
    options_.verify = false;
    EXPECT_EQ(core::read_file(cached(path)), files_[path]);
  }
}

TEST_F(ByHand, ExpectedCountsOfFoldersAreChecked) {
  Manifest wanted = by_hand();
  wanted.expected = {{"known", 3}, {"known/a", 2}, {"unknown", 1}, {"rows", 77}};
  EXPECT_NO_THROW(fetch_dataset(wanted, options_));
  fs::remove_all(folder_ / "cache");
  wanted.expected["unknown"] = 2;
  EXPECT_ERSATZ_ERROR(fetch_dataset(wanted, options_), ExitCode::kDigestMismatch, "2 files");
  EXPECT_FALSE(find_dataset(wanted));
}

}  // namespace
}  // namespace ersatz::data
