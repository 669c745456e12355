#include "data/fetch/gunzip.h"

#include <zlib.h>

#include <string>

#include "core/file_system.h"
#include "data/fetch/test_server.h"
#include "support/test_support.h"

namespace ersatz::data {
namespace {

using core::ExitCode;

std::string gzip(const std::string& bytes) {
  z_stream z{};
  deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&z, bytes.size()) + 64, '\0');
  std::string in = bytes;
  z.next_in = reinterpret_cast<Bytef*>(in.data());
  z.avail_in = static_cast<uInt>(in.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

class GunzipTest : public ::testing::Test {
 protected:
  std::string unzip(const std::string& compressed, std::uint64_t max_bytes = 1 << 24) {
    core::write_file_atomic(folder_ / "f.gz", compressed);
    std::string out;
    const std::uint64_t size =
        gunzip(folder_ / "f.gz", max_bytes,
               [&](const std::uint8_t* bytes, std::size_t n) { out.append(bytes, bytes + n); });
    EXPECT_EQ(size, out.size());
    return out;
  }
  test::TemporaryFolder folder_;
};

TEST_F(GunzipTest, RoundTripsAcrossPieces) {
  for (const std::size_t size : {0, 1, 1000, 1 << 20}) {
    const std::string bytes = test::test_bytes(size);
    EXPECT_EQ(unzip(gzip(bytes)), bytes) << size;
  }
  EXPECT_EQ(unzip(gzip(std::string(3 << 20, 'x'))), std::string(3 << 20, 'x'));
}

TEST_F(GunzipTest, AcceptsSeveralMembers) {
  EXPECT_EQ(unzip(gzip("first ") + gzip("second")), "first second");
}

TEST_F(GunzipTest, RefusesEveryTruncation) {
  const std::string compressed = gzip("some text, some text, some more text");
  for (std::size_t size = 0; size < compressed.size(); ++size) {
    SCOPED_TRACE(size);
    EXPECT_ERSATZ_ERROR(unzip(compressed.substr(0, size)), ExitCode::kUntrustedData,
                        "truncated gzip stream");
  }
}

TEST_F(GunzipTest, RefusesTrailingBytesAndDamage) {
  const std::string compressed = gzip("text");
  EXPECT_ERSATZ_ERROR(
      unzip(compressed + '\0'), ExitCode::kUntrustedData,
      "trailing bytes after the gzip stream (at byte " + std::to_string(compressed.size()));
  EXPECT_ERSATZ_ERROR(unzip(compressed + "\x1Fxyz"), ExitCode::kUntrustedData, "later member");
  std::string wrong_sum = compressed;
  wrong_sum[compressed.size() - 6] ^= 1;
  EXPECT_ERSATZ_ERROR(unzip(wrong_sum), ExitCode::kUntrustedData, "incorrect data check");
  EXPECT_ERSATZ_ERROR(unzip("plain text"), ExitCode::kUntrustedData, "incorrect header check");
}

TEST_F(GunzipTest, CountsWhatIsReallyProduced) {
  const std::string compressed = gzip(std::string(100000, '\0'));
  EXPECT_EQ(unzip(compressed, 100000).size(), 100000u);
  EXPECT_ERSATZ_ERROR(unzip(compressed, 99999), ExitCode::kUntrustedData, "more than the 99999");
}

TEST_F(GunzipTest, OnlyRegularFiles) {
  const auto ignore = [](const std::uint8_t*, std::size_t) {};
  EXPECT_ERSATZ_ERROR(gunzip(folder_ / "none", 1, ignore), ExitCode::kMissing, "none");
  EXPECT_ERSATZ_ERROR(gunzip(folder_.path(), 1, ignore), ExitCode::kUntrustedData,
                      "not a regular file");
}

}  // namespace
}  // namespace ersatz::data
